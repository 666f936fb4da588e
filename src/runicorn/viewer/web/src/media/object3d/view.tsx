// A three-dimensional object that can be turned.
import { useSignal, useSignalEffect, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../../parts/format";
import { parse } from "./model";
import { Renderer } from "./render";
import { START, type Turn } from "./turn";

const STEP = 0.15; // radians for a key

interface Props {
  src: string;
  format: string;
  label: string;
  height?: number; // all that there is by default
  turn?: Signal<Turn>; // of several that are turned together
}

export default function Object3D({ src, format, label, height, turn: shared }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const renderer = useSignal<Renderer | null>(null);
  const problem = useSignal("");
  const alone = useSignal(START);
  const turn = shared ?? alone;
  const room = useSignal(0);
  useEffect(() => {
    let gone = false;
    load(src, format)
      .then((found) => !gone && (renderer.value = found))
      .catch((error: Error) => !gone && (problem.value = error.message));
    return () => void (gone = true);
  }, [src]);
  useLayoutEffect(() => {
    const element = canvas.current!;
    const watch = new ResizeObserver(() => {
      Object.assign(element, { width: element.clientWidth, height: element.clientHeight });
      room.value++;
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useSignalEffect(() => {
    const element = canvas.current;
    void room.value;
    if (!element?.width || !element.height || !renderer.value) return;
    const image = new ImageData(element.width, element.height);
    renderer.value.draw(image, turn.value);
    element.getContext("2d")!.putImageData(image, 0, 0);
  });
  const shown = renderer.value?.drawn;
  const what = shown && shown.each > 1 ? ` Every ${count(shown.each)}th of ${count(shown.of)} is drawn.` : "";
  return (
    <div class="object3d" style={height ? { height: `${height}px` } : undefined}>
      <canvas ref={canvas} tabIndex={0} role="img" aria-label={`${label}. Arrow keys turn it, + and - zoom.`} {...useTurning(turn)} />
      {(problem.value || what) && <p class="told">{problem.value || what}</p>}
    </div>
  );
}

async function load(src: string, format: string): Promise<Renderer> {
  const answer = await fetch(src);
  if (!answer.ok) throw new Error("Its file cannot be read.");
  return new Renderer(parse(await answer.arrayBuffer(), format));
}

function useTurning(turn: { value: Turn; peek(): Turn }) {
  const from = useRef<{ x: number; y: number; turn: Turn } | null>(null);
  const by = (yaw: number, pitch: number, near = 1) => {
    const now = turn.peek();
    turn.value = { yaw: now.yaw + yaw, pitch: now.pitch + pitch, near: now.near * near };
  };
  const keys: Record<string, () => void> = {
    ArrowLeft: () => by(-STEP, 0),
    ArrowRight: () => by(STEP, 0),
    ArrowUp: () => by(0, -STEP),
    ArrowDown: () => by(0, STEP),
    "+": () => by(0, 0, 1.25),
    "-": () => by(0, 0, 0.8),
    "0": () => (turn.value = START),
  };
  return {
    onKeyDown: (event: KeyboardEvent) => {
      if (!keys[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    },
    onPointerDown: (event: PointerEvent) => {
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      from.current = { x: event.clientX, y: event.clientY, turn: turn.peek() };
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      const start = from.current;
      if (start)
        turn.value = {
          ...start.turn,
          yaw: start.turn.yaw + (clientX - start.x) / 120,
          pitch: start.turn.pitch + (clientY - start.y) / 120,
        };
    },
    onPointerUp: () => (from.current = null),
    onWheel: (event: WheelEvent) => {
      if (!event.ctrlKey && document.activeElement !== event.currentTarget) return; // the page scrolls
      event.preventDefault();
      by(0, 0, event.deltaY < 0 ? 1.15 : 1 / 1.15);
    },
    onDblClick: () => (turn.value = START),
  };
}
