SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT CAST(json_agg(CAST(memberships.workspace_id AS VARCHAR(36)) || $1::VARCHAR || memberships.role) AS TEXT) AS json_agg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = ANY ($2::BYTEA[]) AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > $3::TIMESTAMP WITH TIME ZONE) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT anon_1.parent, count(counted.one) AS count
FROM unnest($1::UUID[]) AS anon_1(parent) LEFT OUTER JOIN LATERAL (SELECT $2::INTEGER AS one
FROM tasks
WHERE tasks.workspace_id = $3::UUID AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.closed_at IS NULL AND tasks.project_id = anon_1.parent
 LIMIT $4::INTEGER) AS counted ON true GROUP BY anon_1.parent;

SELECT page.parent_, page.id, page.workspace_id, page.project_id, page.title, page.due_on, page.closed_at, page.created_at, page.updated_at, page.version
FROM unnest($1::UUID[]) AS anon_1(parent) JOIN LATERAL (SELECT milestones.project_id AS parent_, milestones.id AS id, milestones.workspace_id AS workspace_id, milestones.project_id AS project_id, milestones.title AS title, milestones.due_on AS due_on, milestones.closed_at AS closed_at, milestones.created_at AS created_at, milestones.updated_at AS updated_at, milestones.version AS version
FROM milestones
WHERE milestones.workspace_id = $2::UUID AND milestones.project_id = anon_1.parent ORDER BY milestones.created_at ASC, milestones.id ASC
 LIMIT $3::INTEGER) AS page ON true ORDER BY page.created_at ASC, page.id ASC;

SELECT projects.workspace_id AS parent_, projects.id, projects.workspace_id, projects.key, projects.name, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version
FROM projects
WHERE projects.workspace_id = $1::UUID AND projects.archived_at IS NULL AND projects.workspace_id = $2::UUID ORDER BY projects.created_at ASC, projects.id ASC
 LIMIT $3::INTEGER;

SELECT workspaces.id, workspaces.slug, workspaces.name, workspaces.sequence, workspaces.created_at, workspaces.updated_at, workspaces.version
FROM workspaces
WHERE workspaces.id = $1::UUID AND workspaces.slug = $2::VARCHAR;
