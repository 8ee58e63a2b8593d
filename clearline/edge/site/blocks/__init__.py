"""Pages as files of blocks: what a page may hold, how it is read and made safe to show."""
