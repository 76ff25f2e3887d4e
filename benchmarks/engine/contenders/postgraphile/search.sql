-- Search, as a computed column of a workspace. A function whose rows refer to other tables returns
-- rows of a table; this one stays empty.
CREATE TABLE search_hits (
  hit_id uuid PRIMARY KEY,
  task_id uuid NOT NULL REFERENCES tasks,
  comment_id uuid REFERENCES comments,
  score numeric NOT NULL
);
CREATE INDEX ON search_hits (task_id);
CREATE INDEX ON search_hits (comment_id);
CREATE FUNCTION workspaces_search(workspace workspaces, words text)
RETURNS SETOF search_hits LANGUAGE sql STABLE ROWS 20 AS $$
  SELECT * FROM (
    SELECT * FROM (
      SELECT id AS hit_id, id AS task_id, NULL::uuid AS comment_id,
        round(ts_rank(search, to_tsquery('simple', words))::numeric, 6) AS score
      FROM tasks
      WHERE workspace_id = workspace.id AND deleted_at IS NULL
        AND search @@ to_tsquery('simple', words)
      LIMIT 5000
    ) AS found_tasks
    UNION ALL
    SELECT * FROM (
      SELECT comments.id, tasks.id, comments.id,
        round(ts_rank(comments.search, to_tsquery('simple', words))::numeric, 6)
      FROM comments
      JOIN tasks ON tasks.id = comments.task_id AND tasks.deleted_at IS NULL
      WHERE comments.workspace_id = workspace.id AND comments.search @@ to_tsquery('simple', words)
      LIMIT 5000
    ) AS found_comments
  ) AS hits
  ORDER BY score DESC, hit_id DESC
$$;
