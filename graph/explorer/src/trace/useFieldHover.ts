import { useEffect } from "react";
import { editors } from "../editors";
import { useStore } from "../store";
import { fieldRanges, pathAt } from "./fieldPaths";
import { hoveredPath } from "./trace";

/** Connect the pointer in the editor with the panel, and the reverse. */
export function useFieldHover(): void {
  const { query: editor } = useStore(editors);
  const path = useStore(hoveredPath);

  useEffect(() => {
    if (!editor) return;
    const moved = editor.onMouseMove(({ target }) => {
      const model = editor.getModel();
      if (!model || !target.position) return hoveredPath.set(null);
      const offset = model.getOffsetAt(target.position);
      return hoveredPath.set(pathAt(fieldRanges(model.getValue()), offset));
    });
    const left = editor.onMouseLeave(() => hoveredPath.set(null));
    return () => {
      moved.dispose();
      left.dispose();
    };
  }, [editor]);

  useEffect(() => {
    const model = editor?.getModel();
    if (!editor || !model || path === null) return;
    const ranges = fieldRanges(model.getValue()).filter((range) => range.path === path);
    const marked = editor.createDecorationsCollection(
      ranges.map(({ start, end }) => {
        const from = model.getPositionAt(start);
        const to = model.getPositionAt(end);
        return {
          range: {
            startLineNumber: from.lineNumber,
            startColumn: from.column,
            endLineNumber: to.lineNumber,
            endColumn: to.column,
          },
          options: { className: "field-highlight" },
        };
      }),
    );
    return () => marked.clear();
  }, [editor, path]);
}
