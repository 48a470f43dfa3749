/** Where a person follows what happens: standard error, so that standard output belongs to the result. */
export interface Terminal {
  /** A line that stays. */
  line(text: string): void;
  /** The state of what is under way: rewritten in place on a terminal, and a plain line now and then in a pipe. */
  progress(text: string): void;
  /** Ends a progress line. */
  done(): void;
}

const plainEveryMs = 2_000;

export function createTerminal(stream: NodeJS.WriteStream, now: () => number): Terminal {
  let shown = '';
  let last = Number.NEGATIVE_INFINITY;
  let said = '';
  const wipe = (): void => {
    if (shown !== '') stream.write(`\r${' '.repeat(shown.length)}\r`);
    shown = '';
  };
  return {
    line(text) {
      wipe();
      stream.write(`${text}\n`);
    },
    progress(text) {
      if (stream.isTTY) {
        wipe();
        // A pseudo-terminal that nobody gave a size says 0 columns.
        shown = text.slice(0, (stream.columns > 0 ? stream.columns : 80) - 1);
        stream.write(shown);
      } else if (text !== said && now() - last >= plainEveryMs) {
        last = now();
        said = text;
        stream.write(`${text}\n`);
      }
    },
    done: wipe,
  };
}
