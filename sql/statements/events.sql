-- events_backfill read 5s
select * from live.backfill(:channels, :offsets, :max);

-- events_last_offsets read 5s
select live.epoch() as epoch, t.* from live.last_offsets(:channels) t;

-- events_expire write 10s untracked
select live.delete_expired(:hours, 5000) as more;
