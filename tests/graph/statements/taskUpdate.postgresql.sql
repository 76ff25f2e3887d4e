-- 1
SELECT tasks.id, tasks.workspace_id, tasks.project_id, tasks.number, tasks.title, tasks.body, tasks.priority, tasks.estimate, tasks.due_on, tasks.rank, tasks.started_at, tasks.closed_at, tasks.archived_at, tasks.deleted_at, tasks.source_url, tasks.state_id, tasks.creator_id, tasks.milestone_id, tasks.parent_id, tasks.created_at, tasks.updated_at, tasks.version 
FROM tasks 
WHERE tasks.workspace_id = $1::UUID AND tasks.id = ANY ($2::UUID[]) ORDER BY tasks.id FOR NO KEY UPDATE OF tasks

-- 2
WITH updated AS 
(UPDATE tasks SET title=$3::VARCHAR, updated_at=$4::TIMESTAMP WITH TIME ZONE, version=$5::INTEGER WHERE tasks.id = $6::UUID RETURNING tasks.id)
 UPDATE workspaces SET sequence=(workspaces.sequence + $1::BIGINT) WHERE workspaces.id = $2::UUID AND (EXISTS (SELECT updated.id 
FROM updated)) RETURNING workspaces.sequence, pg_notify($7::VARCHAR, CAST(workspaces.id AS TEXT) || $8::VARCHAR || CAST(workspaces.sequence AS TEXT)) AS pg_notify_1

-- 3
WITH logged AS 
(INSERT INTO changes (workspace_id, sequence, at, kind, actor_id, subject_type, subject_id, project_id, fields) SELECT entries.workspace_id AS workspace_id, entries.sequence AS sequence, entries.at AS at, entries.kind AS kind, entries.actor_id AS actor_id, entries.subject_type AS subject_type, entries.subject_id AS subject_id, entries.project_id AS project_id, entries.fields AS fields 
FROM jsonb_to_recordset($1::JSONB) AS entries(workspace_id UUID, sequence BIGINT, at TIMESTAMP WITH TIME ZONE, kind VARCHAR, actor_id UUID, subject_type VARCHAR(32) COLLATE "C", subject_id UUID, project_id UUID, fields JSONB))
 SELECT memberships.workspace_id, memberships.role 
FROM access_tokens JOIN users ON users.id = access_tokens.user_id LEFT OUTER JOIN memberships ON memberships.user_id = users.id AND memberships.workspace_id = ANY ($2::UUID[]) 
WHERE access_tokens.id = $3::UUID AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > $4::TIMESTAMP WITH TIME ZONE) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL FOR SHARE OF users, access_tokens
