import { useGraphiQL, type GraphiQLPlugin } from "@graphiql/react";
import { useEffect, useMemo, useRef, useState, type PointerEvent, type WheelEvent } from "react";
import { layOut, type Layout } from "./layout";

export const diagramPlugin: GraphiQLPlugin = { title: "Schema diagram", icon: DiagramIcon, content: DiagramPanel };

function DiagramPanel() {
  const schema = useGraphiQL((state) => state.schema);
  const dialog = useRef<HTMLDialogElement>(null);
  const layout = useMemo(() => (schema ? layOut(schema) : null), [schema]);
  return (
    <section className="panel" aria-label="Schema diagram">
      <h2>Schema diagram</h2>
      {layout ? (
        <>
          <p className="muted">The {layout.boxes.length} types of the live schema that hold data, and how they lead to one another.</p>
          <button className="button primary" onClick={() => dialog.current?.showModal()}>Open the diagram</button>
          <dialog ref={dialog} className="diagram" aria-label="Diagram of the schema">
            <Diagram layout={layout} onClose={() => dialog.current?.close()} />
          </dialog>
        </>
      ) : (
        <p className="muted">The schema is loading, or this server does not show it.</p>
      )}
    </section>
  );
}

function Diagram({ layout, onClose }: { layout: Layout; onClose: () => void }) {
  const [view, setView] = useState({ x: 0, y: 0, zoom: 1 });
  const [search, setSearch] = useState("");
  const [selected, setSelected] = useState<string | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const drag = useRef<{ x: number; y: number } | null>(null);
  const needle = search.trim().toLowerCase();
  const found = new Set(
    needle ? layout.boxes.filter(({ name, fields }) => name.toLowerCase().includes(needle) || fields.some((field) => field.name.toLowerCase().includes(needle))).map(({ name }) => name) : [],
  );
  const best = [...found].find((name) => name.toLowerCase() === needle) ?? [...found][0] ?? "";

  const fit = () => {
    const { width = 0, height = 0 } = svg.current?.getBoundingClientRect() ?? {};
    if (!width || !height) return;
    const zoom = Math.min(width / layout.width, height / layout.height);
    setView({ zoom, x: (width - layout.width * zoom) / 2, y: (height - layout.height * zoom) / 2 });
  };
  useEffect(() => {
    // It has no size until the dialog is open.
    let isFitted = false;
    const observer = new ResizeObserver(([entry]) => {
      if (isFitted || !entry?.contentRect.width) return;
      isFitted = true;
      fit();
    });
    observer.observe(svg.current!);
    return () => observer.disconnect();
  }, [layout]);
  const zoomBy = (factor: number, at?: { x: number; y: number }) => {
    setView(({ x, y, zoom }) => {
      const next = Math.min(3, Math.max(0.05, zoom * factor));
      const { width = 0, height = 0 } = svg.current?.getBoundingClientRect() ?? {};
      const center = at ?? { x: width / 2, y: height / 2 };
      return { zoom: next, x: center.x - ((center.x - x) * next) / zoom, y: center.y - ((center.y - y) * next) / zoom };
    });
  };
  const goTo = (name: string) => {
    const box = layout.boxes.find((one) => one.name === name);
    const { width = 0, height = 0 } = svg.current?.getBoundingClientRect() ?? {};
    if (!box) return;
    setSelected(name);
    setView({ zoom: 1, x: width / 2 - box.x - box.width / 2, y: height / 2 - box.y - box.height / 2 });
  };
  const wheel = (event: WheelEvent) => {
    const { left, top } = svg.current!.getBoundingClientRect();
    zoomBy(Math.exp(-event.deltaY / 400), { x: event.clientX - left, y: event.clientY - top });
  };
  const move = (event: PointerEvent) => {
    if (!drag.current) return;
    const { x, y } = drag.current;
    drag.current = { x: event.clientX, y: event.clientY };
    setView((old) => ({ ...old, x: old.x + event.clientX - x, y: old.y + event.clientY - y }));
  };
  const isNear = (name: string) => selected === null || name === selected || layout.lines.some(({ from, to }) => (from === selected && to === name) || (to === selected && from === name));

  return (
    <>
      <header>
        <input
          type="search"
          placeholder="Search types and fields"
          aria-label="Search types and fields"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={(event) => event.key === "Enter" && found.size > 0 && (event.preventDefault(), goTo(best))}
        />
        <span className="muted" role="status">{needle ? `${found.size} found` : ""}</span>
        <span className="spacer" />
        <button className="button" onClick={() => zoomBy(1 / 1.3)} aria-label="Zoom out">−</button>
        <button className="button" onClick={() => zoomBy(1.3)} aria-label="Zoom in">+</button>
        <button className="button" onClick={fit}>Fit</button>
        <button className="button" onClick={onClose}>Close</button>
      </header>
      <svg
        ref={svg}
        onWheel={wheel}
        onPointerDown={(event) => { drag.current = { x: event.clientX, y: event.clientY }; }}
        onPointerMove={move}
        onPointerUp={() => { drag.current = null; }}
        onPointerLeave={() => { drag.current = null; }}
      >
        <g transform={`translate(${view.x} ${view.y}) scale(${view.zoom})`}>
          {layout.lines.map(({ from, to, points }) => (
            <polyline
              key={`${from} ${to}`}
              className={selected !== null && (from === selected || to === selected) ? "line lit" : "line"}
              points={points.map(({ x, y }) => `${x},${y}`).join(" ")}
            />
          ))}
          {layout.boxes.map((box) => (
            <g
              key={box.name}
              className={`box${found.has(box.name) ? " found" : ""}${box.name === selected ? " selected" : ""}${isNear(box.name) ? "" : " dim"}`}
              transform={`translate(${box.x} ${box.y})`}
              role="button"
              tabIndex={0}
              onFocus={() => setSelected(box.name)}
              onClick={() => setSelected(box.name)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                goTo(box.name);
              }}
            >
              <rect width={box.width} height={box.height} rx={6} />
              <text className="name" x={10} y={17}>{box.name}</text>
              {box.fields.map((field, place) => (
                <text key={`${field.name}${field.type}`} className={needle && field.name.toLowerCase().includes(needle) ? "field found" : "field"} x={10} y={24 + (place + 1) * 16 - 3}>
                  {shortened(`${field.name}: ${field.type}`)}
                </text>
              ))}
            </g>
          ))}
        </g>
      </svg>
    </>
  );
}

/** As much of a line as a box has room for. */
function shortened(line: string): string {
  return line.length > 29 ? `${line.slice(0, 28)}…` : line;
}

function DiagramIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
      <rect x="3" y="4" width="7" height="5" rx="1" /><rect x="14" y="9.5" width="7" height="5" rx="1" /><rect x="3" y="15" width="7" height="5" rx="1" />
      <path d="M10 6.5h2v11h-2M12 12h2" />
    </svg>
  );
}
