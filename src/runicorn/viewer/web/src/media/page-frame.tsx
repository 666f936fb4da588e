// A page that was logged. It is in a sandbox: it has no origin, so nothing of ours, and its policy lets it ask nobody.

export function Page({ src, label, height }: { src: string; label: string; height?: number }) {
  return (
    <iframe
      class="page-frame"
      src={src}
      title={label}
      sandbox="allow-scripts"
      loading="lazy"
      referrerpolicy="no-referrer"
      style={height ? { height: `${height}px` } : undefined}
    />
  );
}
