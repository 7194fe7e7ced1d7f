-- channels_subscribe read 5s
select * from live.subscribe(:channel, :caller_id, :since, :epoch, :max);

-- channels_authorize read 5s
select array_to_string(live.can_subscribe_many(:channels, :callers), ' ', 'f') as allowed;

-- channels_history read 5s
select * from live.history(:channel, :caller_id, :since, :max, :reverse);

-- channels_presence read 2s
select * from live.presence(:channel, :caller_id);
