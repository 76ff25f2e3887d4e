SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.avatar_url, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT CAST(json_agg(CAST(memberships.workspace_id AS VARCHAR(36)) || $1::VARCHAR || memberships.role) AS TEXT) AS json_agg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = $2::BYTEA AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > $3::TIMESTAMP WITH TIME ZONE) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT anon_1.place, anon_1.task_id, anon_1.comment_id, anon_1.score
FROM (SELECT anon_2.place AS place, anon_2.task_id AS task_id, anon_2.comment_id AS comment_id, anon_2.hit_id AS hit_id, anon_2.score AS score
FROM (SELECT $1::INTEGER AS place, hits.task_id AS task_id, hits.comment_id AS comment_id, hits.hit_id AS hit_id, hits.score AS score
FROM (SELECT anon_3.task_id AS task_id, anon_3.comment_id AS comment_id, anon_3.hit_id AS hit_id, anon_3.score AS score
FROM (SELECT tasks.id AS task_id, $2::UUID AS comment_id, tasks.id AS hit_id, CAST(round(CAST(ts_rank(tasks.search, to_tsquery('simple', $3::VARCHAR)) AS NUMERIC), $4::INTEGER) AS DOUBLE PRECISION) AS score
FROM tasks
WHERE tasks.workspace_id = $5::UUID AND tasks.deleted_at IS NULL AND tasks.workspace_id = $6::UUID AND (tasks.search @@ to_tsquery('simple', $3::VARCHAR))
 LIMIT 5000) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.comment_id AS comment_id, anon_4.hit_id AS hit_id, anon_4.score AS score
FROM (SELECT tasks.id AS id, comments.id AS comment_id, comments.id AS hit_id, CAST(round(CAST(ts_rank(comments.search, to_tsquery('simple', $3::VARCHAR)) AS NUMERIC), $7::INTEGER) AS DOUBLE PRECISION) AS score
FROM comments JOIN tasks ON tasks.id = comments.task_id
WHERE comments.workspace_id = $5::UUID AND comments.workspace_id = $6::UUID AND (comments.search @@ to_tsquery('simple', $3::VARCHAR)) AND tasks.deleted_at IS NULL AND tasks.workspace_id = $6::UUID
 LIMIT 5000) AS anon_4) AS hits
WHERE true ORDER BY hits.score DESC, hits.hit_id DESC
 LIMIT $8::INTEGER) AS anon_2) AS anon_1 ORDER BY anon_1.place, anon_1.score DESC, anon_1.hit_id DESC;

SELECT tasks.id, anon_1.position, substr(tasks.body, CASE WHEN (anon_1.position > $1::INTEGER) THEN anon_1.position - $2::INTEGER ELSE $3::INTEGER END, $4::INTEGER) AS substr_1, tasks.title
FROM tasks JOIN (SELECT tasks.id AS id, coalesce(nullif(regexp_instr(lower(replace(left(tasks.body, $5::INTEGER) COLLATE taskloom_letters, $6::VARCHAR, $7::VARCHAR)), $8::VARCHAR), $9::INTEGER), nullif(regexp_instr(lower(replace(left(tasks.body, $5::INTEGER) COLLATE taskloom_letters, $6::VARCHAR, $7::VARCHAR)), $10::VARCHAR), $11::INTEGER), $12::INTEGER) AS position
FROM tasks
WHERE tasks.workspace_id = $13::UUID AND tasks.id = $14::UUID
 LIMIT $15::INTEGER) AS anon_1 ON anon_1.id = tasks.id;

SELECT workspaces.slug AS key_0, workspaces.id AS id
FROM workspaces
WHERE workspaces.id = $1::UUID AND workspaces.slug = $2::VARCHAR;

WITH step_0 AS
(SELECT tasks.id AS id, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title
FROM tasks
WHERE tasks.workspace_id = $2::UUID AND tasks.id = ANY ($3::UUID[])),
step_1 AS
(SELECT projects.id AS id, projects.key AS key
FROM projects
WHERE projects.workspace_id = $2::UUID AND projects.id = ANY (ARRAY((SELECT step_0.project_id AS key
FROM step_0))))
 SELECT $1::SMALLINT AS tag, CAST(step_0.id AS UUID) AS v1, CAST(step_0.number AS BIGINT) AS v2, CAST(step_0.project_id AS UUID) AS v3, CAST(step_0.title AS TEXT) AS v4
FROM step_0 UNION ALL SELECT $4::SMALLINT AS tag, CAST(step_1.id AS UUID) AS v1, CAST(NULL AS BIGINT) AS v2, CAST(NULL AS UUID) AS v3, CAST(step_1.key AS TEXT) AS v4
FROM step_1;
