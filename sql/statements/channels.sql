-- live_hear read 5s
select * from live.hear(:channel, :caller_id, :since, :epoch, :most);

-- live_may_hear read 5s
select array_to_string(live.may_hear_many(:channels, :callers), ' ') as may;

-- live_past read 5s
select * from live.past(:channel, :caller_id, :since, :most, :reverse);

-- live_presence read 2s
select * from live.presence(:channel, :caller_id);
