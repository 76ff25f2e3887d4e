SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.avatar_url, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT json_group_array(hex(memberships.workspace_id) || ? || memberships.role) AS json_group_array_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = ? AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > ?) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT anon_1.place, anon_1.task_id, anon_1.comment_id, anon_1.score
FROM (SELECT anon_2.place AS place, anon_2.task_id AS task_id, anon_2.comment_id AS comment_id, anon_2.hit_id AS hit_id, anon_2.score AS score
FROM (SELECT ? AS place, hits.task_id AS task_id, hits.comment_id AS comment_id, hits.hit_id AS hit_id, hits.score AS score
FROM (SELECT anon_3.task_id AS task_id, anon_3.comment_id AS comment_id, anon_3.hit_id AS hit_id, anon_3.score AS score
FROM (SELECT tasks.id AS task_id, ? AS comment_id, tasks.id AS hit_id, round(-matched.rank, ?) AS score
FROM tasks JOIN search_documents ON search_documents.id = tasks.id JOIN (SELECT tasks_search.rowid AS rowid, tasks_search.rank AS rank
FROM tasks_search
WHERE tasks_search MATCH ?
 LIMIT ? OFFSET ?) AS matched ON matched.rowid = search_documents.number
WHERE tasks.workspace_id = ? AND tasks.deleted_at IS NULL AND tasks.workspace_id = ?
 LIMIT 5000 OFFSET ?) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.comment_id AS comment_id, anon_4.hit_id AS hit_id, anon_4.score AS score
FROM (SELECT tasks.id AS id, comments.id AS comment_id, comments.id AS hit_id, round(-matched.rank, ?) AS score
FROM comments JOIN search_documents ON search_documents.id = comments.id JOIN (SELECT comments_search.rowid AS rowid, comments_search.rank AS rank
FROM comments_search
WHERE comments_search MATCH ?
 LIMIT ? OFFSET ?) AS matched ON matched.rowid = search_documents.number JOIN tasks ON tasks.id = comments.task_id
WHERE comments.workspace_id = ? AND comments.workspace_id = ? AND tasks.deleted_at IS NULL AND tasks.workspace_id = ?
 LIMIT 5000 OFFSET ?) AS anon_4) AS hits
WHERE 1 = 1 ORDER BY hits.score DESC, hits.hit_id DESC
 LIMIT ? OFFSET ?) AS anon_2) AS anon_1 ORDER BY anon_1.place, anon_1.score DESC, anon_1.hit_id DESC;

SELECT projects.id AS id, projects."key" AS "key"
FROM projects
WHERE projects.workspace_id = ? AND projects.id = ?;

SELECT tasks.id AS id, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title
FROM tasks
WHERE tasks.workspace_id = ? AND tasks.id = ?;

SELECT tasks.id, anon_1.position, substr(tasks.body, CASE WHEN (anon_1.position > ?) THEN anon_1.position - ? ELSE ? END, ?) AS substr_1, tasks.title
FROM tasks JOIN (SELECT tasks.id AS id, coalesce(nullif(regexp_instr(tasks.body, ?), ?), nullif(regexp_instr(tasks.body, ?), ?), ?) AS position
FROM tasks
WHERE tasks.workspace_id = ? AND tasks.id = ?
 LIMIT ? OFFSET ?) AS anon_1 ON anon_1.id = tasks.id;

SELECT workspaces.slug AS key_0, workspaces.id AS id
FROM workspaces
WHERE workspaces.id = ? AND workspaces.slug = ?;
