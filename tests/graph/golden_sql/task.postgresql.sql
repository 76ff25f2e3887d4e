SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.avatar_url, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT CAST(json_agg(CAST(memberships.workspace_id AS VARCHAR(36)) || $1::VARCHAR || memberships.role) AS TEXT) AS json_agg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = $2::BYTEA AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > $3::TIMESTAMP WITH TIME ZONE) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

WITH step_0 AS
(SELECT workspaces.slug AS key_0, workspaces.id AS id
FROM workspaces
WHERE workspaces.id = $2::UUID AND workspaces.slug = $3::VARCHAR),
step_1 AS
(SELECT projects.workspace_id AS key_0, projects.key AS key_1, tasks.number AS key_2, tasks.title AS title, tasks.body AS body, tasks.state_id AS state_id, tasks.creator_id AS creator_id, tasks.parent_id AS parent_id, tasks.milestone_id AS milestone_id, tasks.id AS id
FROM tasks JOIN projects ON projects.id = tasks.project_id
WHERE tasks.workspace_id = $2::UUID AND projects.workspace_id = (SELECT step_0.id AS key
FROM step_0) AND projects.key = $5::VARCHAR AND tasks.number = $6::INTEGER),
step_2 AS
(SELECT states.id AS id, states.name AS name
FROM states
WHERE states.workspace_id = $2::UUID AND states.id = (SELECT step_1.state_id AS key
FROM step_1)),
step_3 AS
(SELECT comments.task_id AS parent_, comments.body AS body, comments.author_id AS author_id
FROM comments
WHERE comments.workspace_id = $2::UUID AND comments.task_id = (SELECT step_1.id AS key
FROM step_1) ORDER BY comments.created_at ASC, comments.id ASC
 LIMIT $9::INTEGER),
step_4 AS
(SELECT users.id AS id, users.handle AS handle
FROM users
WHERE (users.id = $11::UUID OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = $2::UUID)) AND users.id = ANY (ARRAY((SELECT step_1.creator_id AS key
FROM step_1 UNION (SELECT step_3.author_id AS key
FROM step_3
 LIMIT $12::INTEGER))))),
step_5 AS
(SELECT tasks.id AS id, tasks.number AS number, tasks.project_id AS project_id
FROM tasks
WHERE tasks.workspace_id = $2::UUID AND tasks.id = (SELECT step_1.parent_id AS key
FROM step_1)),
step_6 AS
(SELECT tasks.parent_id AS parent_, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title
FROM tasks
WHERE tasks.workspace_id = $2::UUID AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.parent_id = (SELECT step_1.id AS key
FROM step_1) ORDER BY tasks.created_at DESC, tasks.id DESC
 LIMIT $15::INTEGER),
step_7 AS
(SELECT task_links.task_id AS parent_, task_links.kind AS kind, task_links.other_id AS other_id
FROM task_links
WHERE task_links.workspace_id = $2::UUID AND task_links.task_id = (SELECT step_1.id AS key
FROM step_1) ORDER BY task_links.created_at ASC, task_links.id ASC),
step_8 AS
(SELECT tasks.id AS id, tasks.number AS number, tasks.project_id AS project_id
FROM tasks
WHERE tasks.workspace_id = $2::UUID AND tasks.id = ANY (ARRAY((SELECT step_7.other_id AS key
FROM step_7)))),
step_9 AS
(SELECT projects.id AS id, projects.key AS key
FROM projects
WHERE projects.workspace_id = $2::UUID AND projects.id = ANY (ARRAY((SELECT step_5.project_id AS key
FROM step_5 UNION (SELECT step_6.project_id AS key
FROM step_6
 LIMIT $19::INTEGER) UNION SELECT step_8.project_id AS key
FROM step_8)))),
step_10 AS
(SELECT milestones.id AS id, milestones.title AS title
FROM milestones
WHERE milestones.workspace_id = $2::UUID AND milestones.id = (SELECT step_1.milestone_id AS key
FROM step_1)),
step_11 AS
(SELECT comments.task_id AS parent, count(*) AS count
FROM comments
WHERE comments.workspace_id = $2::UUID AND comments.task_id = (SELECT step_1.id AS key
FROM step_1) GROUP BY comments.task_id)
 SELECT $1::SMALLINT AS tag, CAST(step_0.key_0 AS TEXT) AS v1, CAST(step_0.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(NULL AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_0 UNION ALL SELECT $4::SMALLINT AS tag, CAST(step_1.key_1 AS TEXT) AS v1, CAST(step_1.key_0 AS UUID) AS v2, CAST(step_1.key_2 AS BIGINT) AS v3, CAST(step_1.title AS TEXT) AS v4, CAST(step_1.body AS TEXT) AS v5, CAST(step_1.state_id AS UUID) AS v6, CAST(step_1.creator_id AS UUID) AS v7, CAST(step_1.parent_id AS UUID) AS v8, CAST(step_1.milestone_id AS UUID) AS v9, CAST(step_1.id AS UUID) AS v10
FROM step_1 UNION ALL SELECT $7::SMALLINT AS tag, CAST(step_2.name AS TEXT) AS v1, CAST(step_2.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(NULL AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_2 UNION ALL SELECT $8::SMALLINT AS tag, CAST(step_3.body AS TEXT) AS v1, CAST(step_3.parent_ AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(step_3.author_id AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_3 UNION ALL SELECT $10::SMALLINT AS tag, CAST(step_4.handle AS TEXT) AS v1, CAST(step_4.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(NULL AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_4 UNION ALL SELECT $13::SMALLINT AS tag, CAST(NULL AS TEXT) AS v1, CAST(step_5.id AS UUID) AS v2, CAST(step_5.number AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(step_5.project_id AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_5 UNION ALL SELECT $14::SMALLINT AS tag, CAST(step_6.title AS TEXT) AS v1, CAST(step_6.parent_ AS UUID) AS v2, CAST(step_6.number AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(step_6.project_id AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_6 UNION ALL SELECT $16::SMALLINT AS tag, CAST(step_7.kind AS TEXT) AS v1, CAST(step_7.parent_ AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(step_7.other_id AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_7 UNION ALL SELECT $17::SMALLINT AS tag, CAST(NULL AS TEXT) AS v1, CAST(step_8.id AS UUID) AS v2, CAST(step_8.number AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(step_8.project_id AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_8 UNION ALL SELECT $18::SMALLINT AS tag, CAST(step_9.key AS TEXT) AS v1, CAST(step_9.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(NULL AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_9 UNION ALL SELECT $20::SMALLINT AS tag, CAST(step_10.title AS TEXT) AS v1, CAST(step_10.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(NULL AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_10 UNION ALL SELECT $21::SMALLINT AS tag, CAST(NULL AS TEXT) AS v1, CAST(step_11.parent AS UUID) AS v2, CAST(step_11.count AS BIGINT) AS v3, CAST(NULL AS TEXT) AS v4, CAST(NULL AS TEXT) AS v5, CAST(NULL AS UUID) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS UUID) AS v9, CAST(NULL AS UUID) AS v10
FROM step_11;
