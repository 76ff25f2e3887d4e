const CARDS = [3, 4, 2, 3, 2];

export function Skeleton() {
  return (
    <div className="page" aria-busy="true">
      <div className="board-side">
        <div className="header"><span className="bone wide" /></div>
        <div className="filter-bar"><span className="bone wide" /></div>
        <div className="board" role="status" aria-label="Loading the board">
          {CARDS.map((count, column) => (
            <div key={column} className="column">
              <div className="column-header"><span className="bone" /></div>
              <div className="cards">
                {Array.from({ length: count }, (_, index) => <div key={index} className="card bone-card" />)}
              </div>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
