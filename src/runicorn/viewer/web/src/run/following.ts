// What an open tab asks the server for: begun before the tab is drawn, and ended when it is left.
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";

export class Following {
  private ends: (() => void)[] = [];

  /** `start` begins effects, and gives what ends each. */
  constructor(private readonly start: () => (() => void)[]) {}

  /** Begins them, where they are not underway. */
  begin(): void {
    if (!this.ends.length) this.ends = this.start();
  }

  /** In a component: they are underway while it is there. */
  use(): void {
    useEffect(() => {
      this.begin();
      return () => {
        this.ends.forEach((end) => end());
        this.ends = [];
      };
    }, []);
  }
}

/** Resolves when something is so, as signals tell. */
export async function until(is: () => unknown): Promise<void> {
  let end = () => {};
  await new Promise<void>((done) => (end = effect(() => void (is() && done()))));
  end();
}
