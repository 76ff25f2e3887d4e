SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.avatar_url, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT json_arrayagg(concat(hex(memberships.workspace_id), %s, memberships.role)) AS json_arrayagg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens INNER JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = %s AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > %s) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT anon_1.place, anon_1.task_id, anon_1.comment_id, anon_1.score
FROM (SELECT anon_2.place AS place, anon_2.task_id AS task_id, anon_2.comment_id AS comment_id, anon_2.hit_id AS hit_id, anon_2.score AS score
FROM (SELECT %s AS place, hits.task_id AS task_id, hits.comment_id AS comment_id, hits.hit_id AS hit_id, hits.score AS score
FROM (SELECT anon_3.task_id AS task_id, anon_3.comment_id AS comment_id, anon_3.hit_id AS hit_id, anon_3.score AS score
FROM (SELECT tasks.id AS task_id, %s AS comment_id, tasks.id AS hit_id, CAST(MATCH (tasks.search) AGAINST (%s IN BOOLEAN MODE) AS DECIMAL(18, 6)) AS score
FROM tasks
WHERE tasks.workspace_id = %s AND tasks.deleted_at IS NULL AND tasks.workspace_id = %s AND MATCH (tasks.search) AGAINST (%s IN BOOLEAN MODE)
 LIMIT 5000) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.comment_id AS comment_id, anon_4.hit_id AS hit_id, anon_4.score AS score
FROM (SELECT tasks.id AS id, comments.id AS comment_id, comments.id AS hit_id, CAST(MATCH (comments.search) AGAINST (%s IN BOOLEAN MODE) AS DECIMAL(18, 6)) AS score
FROM comments INNER JOIN tasks ON tasks.id = comments.task_id
WHERE comments.workspace_id = %s AND comments.workspace_id = %s AND MATCH (comments.search) AGAINST (%s IN BOOLEAN MODE) AND tasks.deleted_at IS NULL AND tasks.workspace_id = %s
 LIMIT 5000) AS anon_4) AS hits
WHERE true = 1 ORDER BY hits.score DESC, hits.hit_id DESC
 LIMIT %s) AS anon_2) AS anon_1 ORDER BY anon_1.place, anon_1.score DESC, anon_1.hit_id DESC;

SELECT projects.id AS id, projects.`key` AS `key`
FROM projects
WHERE projects.workspace_id = %s AND projects.id = %s;

SELECT tasks.id AS id, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title
FROM tasks
WHERE tasks.workspace_id = %s AND tasks.id = %s;

SELECT tasks.id, anon_1.`position`, substr(tasks.`body`, CASE WHEN (anon_1.`position` > %s) THEN anon_1.`position` - %s ELSE %s END, %s) AS substr_1, tasks.title
FROM tasks INNER JOIN (SELECT tasks.id AS id, coalesce(nullif(regexp_instr(lower(replace(tasks.`body`, %s, %s)), %s), %s), nullif(regexp_instr(lower(replace(tasks.`body`, %s, %s)), %s), %s), %s) AS `position`
FROM tasks
WHERE tasks.workspace_id = %s AND tasks.id = %s
 LIMIT %s) AS anon_1 ON anon_1.id = tasks.id;

SELECT workspaces.slug AS key_0, workspaces.id AS id
FROM workspaces
WHERE workspaces.id = %s AND workspaces.slug = %s;
