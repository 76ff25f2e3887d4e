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
(SELECT tasks.workspace_id AS parent_, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title, tasks.priority AS priority, tasks.due_on AS due_on, tasks.state_id AS state_id, tasks.id AS id, tasks.closed_at AS closed_at
FROM tasks
WHERE tasks.workspace_id = $2::UUID AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.closed_at > $5::TIMESTAMP WITH TIME ZONE AND tasks.workspace_id = (SELECT step_0.id AS key
FROM step_0) AND tasks.closed_at IS NOT NULL ORDER BY tasks.closed_at DESC, tasks.id DESC
 LIMIT $6::INTEGER),
step_2 AS
(SELECT projects.id AS id, projects.key AS key
FROM projects
WHERE projects.workspace_id = $2::UUID AND projects.id = ANY (ARRAY((SELECT step_1.project_id AS key
FROM step_1
 LIMIT $8::INTEGER)))),
step_3 AS
(SELECT states.id AS id, states.name AS name
FROM states
WHERE states.workspace_id = $2::UUID AND states.id = ANY (ARRAY((SELECT step_1.state_id AS key
FROM step_1
 LIMIT $8::INTEGER)))),
step_4 AS
(SELECT assignments.task_id AS parent_, users.handle AS handle
FROM users JOIN assignments ON assignments.user_id = users.id
WHERE (users.id = $11::UUID OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = $2::UUID)) AND assignments.task_id = ANY (ARRAY((SELECT step_1.id AS key
FROM step_1
 LIMIT $8::INTEGER))) ORDER BY users.handle ASC, users.id ASC),
step_5 AS
(SELECT labelings.task_id AS parent_, labels.name AS name
FROM labels JOIN labelings ON labelings.label_id = labels.id
WHERE labels.workspace_id = $2::UUID AND labelings.task_id = ANY (ARRAY((SELECT step_1.id AS key
FROM step_1
 LIMIT $8::INTEGER))) ORDER BY labels.name ASC, labels.id ASC)
 SELECT $1::SMALLINT AS tag, CAST(step_0.key_0 AS TEXT) AS v1, CAST(step_0.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS v9
FROM step_0 UNION ALL SELECT $4::SMALLINT AS tag, CAST(step_1.title AS TEXT) AS v1, CAST(step_1.parent_ AS UUID) AS v2, CAST(step_1.number AS BIGINT) AS v3, CAST(step_1.project_id AS UUID) AS v4, CAST(step_1.priority AS BIGINT) AS v5, CAST(step_1.due_on AS DATE) AS v6, CAST(step_1.state_id AS UUID) AS v7, CAST(step_1.id AS UUID) AS v8, CAST(step_1.closed_at AS TIMESTAMP WITH TIME ZONE) AS v9
FROM step_1 UNION ALL SELECT $7::SMALLINT AS tag, CAST(step_2.key AS TEXT) AS v1, CAST(step_2.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS v9
FROM step_2 UNION ALL SELECT $9::SMALLINT AS tag, CAST(step_3.name AS TEXT) AS v1, CAST(step_3.id AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS v9
FROM step_3 UNION ALL SELECT $10::SMALLINT AS tag, CAST(step_4.handle AS TEXT) AS v1, CAST(step_4.parent_ AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS v9
FROM step_4 UNION ALL SELECT $12::SMALLINT AS tag, CAST(step_5.name AS TEXT) AS v1, CAST(step_5.parent_ AS UUID) AS v2, CAST(NULL AS BIGINT) AS v3, CAST(NULL AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6, CAST(NULL AS UUID) AS v7, CAST(NULL AS UUID) AS v8, CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS v9
FROM step_5;
