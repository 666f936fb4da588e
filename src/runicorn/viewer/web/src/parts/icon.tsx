// Icons as lines, in the colour of the text around them.

const PATHS = {
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Zm6.5 2a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  finished: "M3 8.5 6.5 12 13 4.5",
  failed: "M4 4l8 8M12 4l-8 8",
  crashed: "M8 2v7M8 12.5v1",
  interrupted: "M5.5 4v8M10.5 4v8",
  running: "M8 2.5a5.5 5.5 0 1 1-5.5 5.5",
  pin: "M8 1.8l1.9 4 4.3.5-3.2 3 .9 4.3L8 11.4l-3.9 2.2.9-4.3-3.2-3 4.3-.5z",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4l-4 4 4 4",
  theme: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5Z",
  curve: "M2 11l3-5 3 3 2-5 4 7",
  trash: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
  settings: "M2.5 5h6M11.5 5h2M2.5 11h2M7.5 11h6M10 3.2v3.6M6 9.2v3.6",
  pen: "M3 13l.8-3.2L10.6 3 13 5.4l-6.8 6.8z",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  box: "M2.5 5 8 2l5.5 3v6L8 14l-5.5-3zL8 8l5.5-3M8 8v6",
  host: "M2.5 3h11v7h-11zM5.5 13h5M8 10v3",
  note: "M3.5 2.5h9v11h-9zM6 6h4M6 9h4",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
} as const;

export type Name = keyof typeof PATHS;

export function Icon({ name, filled = false }: { name: Name; filled?: boolean }) {
  return (
    <svg class={`icon ${name}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} fill={filled ? "currentColor" : "none"} />
    </svg>
  );
}

/** Whether a text, such as a run's status, has an icon. */
export function known(name: string): name is Name {
  return name in PATHS;
}
