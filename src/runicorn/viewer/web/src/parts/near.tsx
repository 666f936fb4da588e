// What is drawn when it comes near the screen.
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const AROUND = "300px";

interface Props {
  root?: { current: HTMLElement | null }; // what is scrolled, if not the page
  wide?: boolean; // as wide as the page, and not beside others
  first: number; // pixels of its height before it was measured
  children: ComponentChildren;
}

/** Has its children only while it is near the screen. */
export function Near({ root, wide, first, children }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const near = useSignal(false);
  const height = useRef(first);
  useLayoutEffect(() => {
    const element = place.current!;
    const watch = new IntersectionObserver(
      ([{ isIntersecting }]) => {
        if (!isIntersecting && near.peek()) height.current = element.offsetHeight || height.current;
        near.value = isIntersecting;
      },
      { root: root?.current, rootMargin: AROUND },
    );
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return (
    <div class={wide ? "near wide" : "near"} ref={place} style={near.value ? undefined : { height: `${height.current}px` }}>
      {near.value && children}
    </div>
  );
}
