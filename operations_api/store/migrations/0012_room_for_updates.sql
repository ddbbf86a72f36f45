-- additive: yes
-- Room beside each row for the journal's updates. A batch updates all rows of a page at once, and what it leaves behind
-- is free for the next one: half a page is enough for nearly all of them to touch no index.
alter table operations set (fillfactor = 55);
alter table operation_steps set (fillfactor = 50);
