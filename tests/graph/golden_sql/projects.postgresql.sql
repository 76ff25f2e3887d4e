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
(SELECT projects.workspace_id AS parent_, projects.key AS key, projects.name AS name, projects.id AS id
FROM projects
WHERE projects.workspace_id = $2::UUID AND projects.archived_at IS NULL AND projects.workspace_id = (SELECT step_0.id AS key
FROM step_0) ORDER BY projects.created_at ASC, projects.id ASC
 LIMIT $5::INTEGER),
step_2 AS
(SELECT anon_1.parent AS parent, count(counted.one) AS count
FROM unnest(ARRAY((SELECT step_1.id AS key
FROM step_1
 LIMIT $7::INTEGER))) AS anon_1(parent) LEFT OUTER JOIN LATERAL (SELECT $8::INTEGER AS one
FROM tasks
WHERE tasks.workspace_id = $2::UUID AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.closed_at IS NULL AND tasks.project_id = anon_1.parent
 LIMIT $9::INTEGER) AS counted ON true GROUP BY anon_1.parent),
step_3 AS
(SELECT page.parent_ AS parent_, page.title AS title, page.due_on AS due_on
FROM unnest(ARRAY((SELECT step_1.id AS key
FROM step_1
 LIMIT $7::INTEGER))) AS anon_2(parent) JOIN LATERAL (SELECT milestones.project_id AS parent_, milestones.title AS title, milestones.due_on AS due_on, milestones.created_at AS created_at, milestones.id AS id
FROM milestones
WHERE milestones.workspace_id = $2::UUID AND milestones.project_id = anon_2.parent ORDER BY milestones.created_at ASC, milestones.id ASC
 LIMIT $11::INTEGER) AS page ON true ORDER BY page.created_at ASC, page.id ASC)
 SELECT $1::SMALLINT AS tag, CAST(step_0.key_0 AS TEXT) AS v1, CAST(step_0.id AS UUID) AS v2, CAST(NULL AS TEXT) AS v3, CAST(NULL AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6
FROM step_0 UNION ALL SELECT $4::SMALLINT AS tag, CAST(step_1.key AS TEXT) AS v1, CAST(step_1.parent_ AS UUID) AS v2, CAST(step_1.name AS TEXT) AS v3, CAST(step_1.id AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6
FROM step_1 UNION ALL SELECT $6::SMALLINT AS tag, CAST(NULL AS TEXT) AS v1, CAST(step_2.parent AS UUID) AS v2, CAST(NULL AS TEXT) AS v3, CAST(NULL AS UUID) AS v4, CAST(step_2.count AS BIGINT) AS v5, CAST(NULL AS DATE) AS v6
FROM step_2 UNION ALL SELECT $10::SMALLINT AS tag, CAST(step_3.title AS TEXT) AS v1, CAST(step_3.parent_ AS UUID) AS v2, CAST(NULL AS TEXT) AS v3, CAST(NULL AS UUID) AS v4, CAST(NULL AS BIGINT) AS v5, CAST(step_3.due_on AS DATE) AS v6
FROM step_3;
