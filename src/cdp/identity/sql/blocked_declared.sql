-- grain: one identifier value that the workspace declares to be evidence of nothing
-- key: global
-- reads: silver.identifier
-- broadcast: step.blocked_pattern
-- writes: step.blocked_declared
select distinct
    identifier.kind as kind,
    identifier.value as value
from silver.identifier as identifier
inner join step.blocked_pattern as pattern
    on
        identifier.kind = pattern.kind
        and (identifier.value glob pattern.pattern or lower(identifier.original) glob pattern.pattern)
