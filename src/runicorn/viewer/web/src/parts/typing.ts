// What is typed into a field and asked for when its writer pauses. Until then the field has what the address does not: it
// may be drawn anew meanwhile.
import { signal } from "@preact/signals";

const PAUSE = 150; // milliseconds without a key

export class Typing {
  /** What was not taken yet; null: there is nothing. */
  readonly text = signal<string | null>(null);
  private waiting = 0;

  constructor(private readonly take: (text: string) => void) {}

  type(text: string): void {
    this.text.value = text;
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(() => this.end(), PAUSE);
  }

  /** Takes it at once. */
  end(): void {
    clearTimeout(this.waiting);
    if (this.text.peek() !== null) this.take(this.text.peek()!);
    this.text.value = null;
  }
}
