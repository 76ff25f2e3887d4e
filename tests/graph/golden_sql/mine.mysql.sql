SELECT `both`.parent_, `both`.id, `both`.workspace_id, `both`.project_id, `both`.number, `both`.title, `both`.priority, `both`.estimate, `both`.due_on, `both`.rank, `both`.started_at, `both`.closed_at, `both`.archived_at, `both`.deleted_at, `both`.source_url, `both`.state_id, `both`.creator_id, `both`.milestone_id, `both`.parent_id, `both`.created_at, `both`.updated_at, `both`.version
FROM (SELECT anon_1.parent_ AS parent_, anon_1.id AS id, anon_1.workspace_id AS workspace_id, anon_1.project_id AS project_id, anon_1.number AS number, anon_1.title AS title, anon_1.priority AS priority, anon_1.estimate AS estimate, anon_1.due_on AS due_on, anon_1.rank AS rank, anon_1.started_at AS started_at, anon_1.closed_at AS closed_at, anon_1.archived_at AS archived_at, anon_1.deleted_at AS deleted_at, anon_1.source_url AS source_url, anon_1.state_id AS state_id, anon_1.creator_id AS creator_id, anon_1.milestone_id AS milestone_id, anon_1.parent_id AS parent_id, anon_1.created_at AS created_at, anon_1.updated_at AS updated_at, anon_1.version AS version
FROM (SELECT tasks.workspace_id AS parent_, tasks.id AS id, tasks.workspace_id AS workspace_id, tasks.project_id AS project_id, tasks.number AS number, tasks.title AS title, tasks.priority AS priority, tasks.estimate AS estimate, tasks.due_on AS due_on, tasks.rank AS rank, tasks.started_at AS started_at, tasks.closed_at AS closed_at, tasks.archived_at AS archived_at, tasks.deleted_at AS deleted_at, tasks.source_url AS source_url, tasks.state_id AS state_id, tasks.creator_id AS creator_id, tasks.milestone_id AS milestone_id, tasks.parent_id AS parent_id, tasks.created_at AS created_at, tasks.updated_at AS updated_at, tasks.version AS version
FROM tasks
WHERE tasks.workspace_id = %s AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.closed_at IS NULL AND tasks.id IN (SELECT assignments_1.task_id
FROM users AS users_1 INNER JOIN assignments AS assignments_1 ON assignments_1.user_id = users_1.id
WHERE (users_1.id = %s OR users_1.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = %s)) AND users_1.id = %s) AND tasks.workspace_id = %s AND tasks.priority IS NOT NULL ORDER BY tasks.priority ASC, CASE WHEN (tasks.due_on IS NULL) THEN %s ELSE %s END ASC, tasks.due_on ASC, tasks.id ASC
 LIMIT %s) AS anon_1 UNION ALL SELECT anon_2.parent_ AS parent_, anon_2.id AS id, anon_2.workspace_id AS workspace_id, anon_2.project_id AS project_id, anon_2.number AS number, anon_2.title AS title, anon_2.priority AS priority, anon_2.estimate AS estimate, anon_2.due_on AS due_on, anon_2.rank AS rank, anon_2.started_at AS started_at, anon_2.closed_at AS closed_at, anon_2.archived_at AS archived_at, anon_2.deleted_at AS deleted_at, anon_2.source_url AS source_url, anon_2.state_id AS state_id, anon_2.creator_id AS creator_id, anon_2.milestone_id AS milestone_id, anon_2.parent_id AS parent_id, anon_2.created_at AS created_at, anon_2.updated_at AS updated_at, anon_2.version AS version
FROM (SELECT tasks.workspace_id AS parent_, tasks.id AS id, tasks.workspace_id AS workspace_id, tasks.project_id AS project_id, tasks.number AS number, tasks.title AS title, tasks.priority AS priority, tasks.estimate AS estimate, tasks.due_on AS due_on, tasks.rank AS rank, tasks.started_at AS started_at, tasks.closed_at AS closed_at, tasks.archived_at AS archived_at, tasks.deleted_at AS deleted_at, tasks.source_url AS source_url, tasks.state_id AS state_id, tasks.creator_id AS creator_id, tasks.milestone_id AS milestone_id, tasks.parent_id AS parent_id, tasks.created_at AS created_at, tasks.updated_at AS updated_at, tasks.version AS version
FROM tasks
WHERE tasks.workspace_id = %s AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.closed_at IS NULL AND tasks.id IN (SELECT assignments_1.task_id
FROM users AS users_1 INNER JOIN assignments AS assignments_1 ON assignments_1.user_id = users_1.id
WHERE (users_1.id = %s OR users_1.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = %s)) AND users_1.id = %s) AND tasks.workspace_id = %s AND tasks.priority IS NULL ORDER BY CASE WHEN (tasks.due_on IS NULL) THEN %s ELSE %s END ASC, tasks.due_on ASC, tasks.id ASC
 LIMIT %s) AS anon_2) AS `both` ORDER BY CASE WHEN (`both`.priority IS NULL) THEN %s ELSE %s END ASC, `both`.priority ASC, CASE WHEN (`both`.due_on IS NULL) THEN %s ELSE %s END ASC, `both`.due_on ASC, `both`.id ASC
 LIMIT %s;

SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT json_arrayagg(concat(hex(memberships.workspace_id), %s, memberships.role)) AS json_arrayagg_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens INNER JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest IN (%s) AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > %s) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT assignments.task_id AS parent_, users.id, users.handle, users.name, users.email, users.disabled_at, users.created_at, users.updated_at, users.version
FROM users INNER JOIN assignments ON assignments.user_id = users.id
WHERE (users.id = %s OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = %s)) AND assignments.task_id IN (%s, %s, %s, %s) ORDER BY users.handle ASC, users.id ASC;

SELECT labelings.task_id AS parent_, labels.id, labels.workspace_id, labels.name, labels.color, labels.created_at, labels.updated_at, labels.version
FROM labels INNER JOIN labelings ON labelings.label_id = labels.id
WHERE labels.workspace_id = %s AND labelings.task_id IN (%s, %s, %s, %s) ORDER BY labels.name ASC, labels.id ASC;

SELECT projects.id, projects.workspace_id, projects.`key`, projects.name, projects.archived_at, projects.last_number, projects.source_url, projects.lead_id, projects.created_at, projects.updated_at, projects.version
FROM projects
WHERE projects.workspace_id = %s AND projects.id IN (%s, %s, %s, %s);

SELECT states.id, states.workspace_id, states.name, states.category, states.color, states.`position`, states.created_at, states.updated_at, states.version
FROM states
WHERE states.workspace_id = %s AND states.id IN (%s, %s, %s, %s);

SELECT workspaces.id, workspaces.slug, workspaces.name, workspaces.sequence, workspaces.created_at, workspaces.updated_at, workspaces.version
FROM workspaces
WHERE workspaces.id = %s AND workspaces.slug = %s;
