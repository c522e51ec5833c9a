/* Closing what strangers have sent. The last close(2) of a descriptor can wait for whoever made it,
 * for as long as he likes: for the server of his file system, or for a connection that lingers,
 * also one that lies unread in the socket that is closed. Threads of the library's own wait for
 * that. Any thread may call, with any lock. */
#ifndef ZX_STRAY_H
#define ZX_STRAY_H

/* Closes a descriptor of any kind, and sets it to -1. -1 is fine. */
void stray_close(int *fd);

/* The same for a socket that is known to be a channel's end: by a thread only if something lies
 * unread in it. */
void stray_close_end(int *fd);

#endif
