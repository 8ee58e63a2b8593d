-- The journal frees an event once it is here, so it must be on the disk by then: what a power cut
-- would take away otherwise nobody has any more.
ALTER TABLE event MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
ALTER TABLE popularity MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
