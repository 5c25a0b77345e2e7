interface Props {
  /** `<repo>/<task_id>/f1_f2` */
  readonly pair: string;
  readonly repetition: number;
}

/** A pair, with what tells it from the others of its task made to stand out. */
export function PairName({ pair, repetition }: Props) {
  const end = pair.lastIndexOf('/') + 1;
  return (
    <>
      <span class="muted">{pair.slice(0, end)}</span>
      <wbr />
      {pair.slice(end)}
      {repetition > 1 && `@${repetition}`}
    </>
  );
}
