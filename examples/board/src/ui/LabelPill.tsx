import { graphql } from "../gql";
import type { LabelPillFragment } from "../gql/graphql";

graphql(`
  fragment LabelPill on Label {
    id
    name
    color
  }
`);

/** A dot has the color, and the text has the theme's: any color that a team chooses stays readable. */
export function LabelPill({ label }: { label: LabelPillFragment }) {
  return (
    <span className="chip label" style={{ "--color": label.color }}>
      <span className="dot" />
      {label.name}
    </span>
  );
}
