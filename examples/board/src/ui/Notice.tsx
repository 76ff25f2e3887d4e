interface Props {
  title: string;
  text: string;
  onRetry?: () => void;
}

export function Notice({ title, text, onRetry }: Props) {
  return (
    <div className="notice" role="alert">
      <h2>{title}</h2>
      <p>{text}</p>
      {onRetry && <button className="button" onClick={onRetry}>Try again</button>}
    </div>
  );
}
