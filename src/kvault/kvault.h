/* SPDX-License-Identifier: MIT */
/**
 * kvault.h - large media values, by key, in one file.
 *
 * OVERVIEW
 *
 * A vault is a table of keys and values inside an SQLite file; a file may hold several.
 * Keys are bytes, not text: any length from 0, any byte, ordered by memcmp(). Values are
 * bytes too, from none to 64 TiB. The files are those of KohakuVault, both
 * ways: what it wrote opens here, and what is written here opens there.
 *
 * A program opens a file with kvault_open(), which gives a handle on one table of it;
 * kvault_sections() lists the others and kvault_use_table() changes to one of them. Small
 * values move with kvault_get() and kvault_put(). Large ones stream: kvault_blob reads any
 * range of a value, kvault_writer brings a value in and shows it only when it is whole.
 * kvault_cursor walks the keys in order, from any key, in either direction, without end; or the rows as they lie in the file.
 * kvault_check() looks for damage, kvault_salvage() saves what a damaged file still has, and
 * kvault_vacuum() gives back the space of deleted values, which otherwise stays in the file
 * for new ones.
 *
 *     #include <kvault.h>
 *     #include <stdio.h>
 *
 *     int
 *     main (int argc, char **argv)
 *     {
 *       kvault *vault = NULL;
 *       kvault_cursor *cursor = NULL;
 *       kvault_options options = KVAULT_OPTIONS_INIT;
 *       kvault_error error;
 *       const kvault_entry *entry;
 *       int rc;
 *
 *       if (argc != 2)
 *         return 2;
 *       options.access = KVAULT_ACCESS_VIEW;
 *       if (kvault_open (argv[1], &options, &vault, &error) != KVAULT_OK)
 *         {
 *           fprintf (stderr, "%s\n", error.message);
 *           return 1;
 *         }
 *       rc = kvault_cursor_open (vault, NULL, &cursor);
 *       while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
 *         printf ("%zu bytes of key\n", entry->key_size);
 *       if (rc != KVAULT_NOTFOUND)
 *         fprintf (stderr, "%s\n", kvault_errmsg (vault));
 *       kvault_cursor_close (cursor);
 *       kvault_close (vault);
 *       return rc == KVAULT_NOTFOUND ? 0 : 1;
 *     }
 *
 * RESULTS
 *
 * Functions return KVAULT_OK (0) or a negative kvault_result. KVAULT_NOTFOUND is an answer,
 * not a failure: no such key, no further entry. After any other negative result
 * kvault_errmsg() has one line for people that names the key or the file; a failed call
 * changes nothing in the file. Outputs are NULL or 0 after a failure, and every close and
 * free function takes NULL.
 *
 * THREADS
 *
 * A handle and all that was opened from it belong to one thread at a time. Different
 * handles, on the same file too, may be used by different threads at once. The one call
 * that may come from any other thread is kvault_interrupt().
 *
 * CAVEATS
 *
 *  - While a handle is open, no descriptor of the same file may be opened and closed in
 *    the process except through SQLite: POSIX drops every lock a process has on a file
 *    when it closes any descriptor of it. Do not sniff, hash or copy an open vault with
 *    open(2), and link one SQLite library only.
 *  - An open cursor or blob holds a read transaction: others' commits stay unseen until it
 *    is closed. In write-ahead-log mode it keeps the log from being recycled; in
 *    rollback-journal mode it keeps writers out altogether. Close them early.
 *  - Compacting into a new file needs that nobody has the file open. A program with several
 *    handles on it gives them a kvault_options.let_go.
 *  - A read that succeeds does not prove that the bytes are those once written: SQLite
 *    has no checksums of values.
 *  - Keys and values of other storage classes than BLOB are met in files that other programs
 *    wrote. A key that is TEXT or a number is listed (kvault_entry.key_class) and reached
 *    by kvault_blob_open_entry(), never by its bytes; but see VALUES OF INDEXES.
 *
 * FILE FORMAT
 *
 * Two shapes of table are vaults, whatever their name (the default is "kv"):
 *
 *     KVAULT_SECTION_V1  (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE,
 *                         value BLOB NOT NULL, size INTEGER NOT NULL)
 *     KVAULT_SECTION_V2  (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)
 *
 * Tables made here are of the second shape; the first is read and written as it is, and
 * its `size` column is kept right but never believed. In the second shape a value may
 * begin with a ten-byte header that says how the rest is encoded; see kvault_value_parse().
 * Files made here use 32 KiB pages, a write-ahead log and incremental auto_vacuum; the last
 * makes the end of a large value as near as its beginning.
 *
 * VALUES OF INDEXES
 *
 * What KohakuVault's indexes lead to, and what its columns are made of, lies in tables that can be looked at like
 * a vault, and are never written here:
 *
 *     KVAULT_SECTION_TEXT_VALUES,   <t>_values (id INTEGER PRIMARY KEY, value BLOB), beside
 *     KVAULT_SECTION_VECTOR_VALUES  a virtual table <t> of fts5 or vec0
 *     KVAULT_SECTION_CHUNKS         col_chunks (…, data BLOB, …), beside col_meta
 *
 * Their keys are row ids: entries of KVAULT_CLASS_INTEGER, ordered as numbers, spelled as decimal
 * digits ("7", never "07"). By these digits kvault_get(), kvault_blob_open(), kvault_exists() and
 * kvault_size() find them. No prefix fits them. Ids of chunks may become others when the file is
 * compacted. Their values are the stored bytes; those of the first two kinds may begin with a header.
 *
 * DELETING LATER
 *
 * To delete is to lose, and to keep a copy of a large value for the case that somebody wants it back is to write it again. So a program can
 * hide keys first and delete them when it is certain: a kvault_deletion names rows of a table by key and row id, and
 * kvault_deletion_hide() makes them vanish from every handle that was opened with the same kvault_options.veil: walks, look-ups,
 * counts and totals pass over them as if they were not there. kvault_deletion_show() brings them back, and
 * kvault_deletion_write() deletes them. The veil is memory and nothing else: other programs, and handles without it,
 * see the keys until then; so does the copy that kvault_backup() makes. A process that is killed has deleted nothing, or, during
 * kvault_deletion_write(), some of the keys whole.
 *
 * A row that others gave another key or deleted is not deleted, and one whose value is another than at kvault_deletion_measure()
 * neither, as far as its size and its first 4 KiB tell: one of the very same size that differs only behind them passes for the old one.
 * A value stored at a hidden key by a handle with the veil takes its place: that key is not to be deleted any more once that is committed, be
 * it hidden only while the transaction was under way. If it is rolled back, the key is hidden as before. Whoever puts the old value back at
 * it says so with kvault_deletion_resume().
 *
 * WAITING FOR ALL
 *
 * The cache of a handle is its own: other handles do not see what waits in it. A program with several handles on a file can have values
 * wait on a kvault_shelf instead: what kvault_shelf_put() lays there is seen by every handle that was opened with the same
 * kvault_options.shelf, as if it were in the table: look-ups, walks over keys, counts and kvault_head() merge it, and a value that waits
 * has the row id of the one that it is to replace, or 0. Walks in the order of the file (KVAULT_CURSOR_STORED) do not see it, nor
 * do other programs, nor copies, until kvault_shelf_flush() writes all of it in one transaction, which is on the disk once it
 * returns. A flush that fails leaves everything where it is. A process that is killed loses what lies there.
 *
 * Operations that write do not flush by themselves, and do not see to it that something waits for the key they write: flush
 * first. Nothing is laid on a shelf in a transaction. A handle with a shelf has no cache of its own.
 *
 * VALUES OVER A GIGABYTE
 *
 * An SQLite record (key, value and a few bytes) is at most 1,000,000,000 bytes. A longer value
 * is stored in parts of 4 MiB and is one key like any other to every function here. KohakuVault
 * finds a readable marker of 112 bytes at its key and damages nothing:
 *
 *     libkvault large value v1 id=<19 digits> size=<19 digits> token=<32 hex digits>\n
 *
 * Two tables beside the vaults, made with the first such value, hold the rest:
 *
 *     kvault_large (id INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, key BLOB NOT NULL,
 *                   size INTEGER NOT NULL, part INTEGER NOT NULL, token BLOB NOT NULL,
 *                   state INTEGER NOT NULL, touched INTEGER NOT NULL)
 *     kvault_parts (id INTEGER PRIMARY KEY, data BLOB NOT NULL)
 *
 * Part number k of a value is row id * 2^24 + k of kvault_parts; all but the last are `part`
 * bytes long. A marker counts only if kvault_large has a row with its id, with state 1, for
 * this table and this key, from whose id, size and token exactly these 112 bytes follow; any
 * other value that looks like one is just that. State 0 is a value on its way in, 2 one on its
 * way out; `touched` is when its last part came, in seconds since 1970. A value of state 2 whose
 * parts are still there, since the call that was to delete them was cancelled or killed, loses
 * them after the first change of the next handle that writes. Parts left by a writer that died,
 * or whose marker a program that does not know them deleted, overwrote or moved, are found by
 * kvault_check() and dealt with by kvault_orphans_remove().
 *
 * These two, and kvault_bulk, which is there during a bulk import, are libkvault's only if
 * their definitions are to the letter its own. Somebody else's tables of these names are left
 * alone, and are vaults if they have the shape of one; none is made under these names.
 */
#ifndef KVAULT_H
#define KVAULT_H

#include <stddef.h>
#include <stdint.h>

#if defined __GNUC__ && !defined KVAULT_API
# define KVAULT_API __attribute__ ((visibility ("default")))
#elif !defined KVAULT_API
# define KVAULT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A handle on one table of one file. */
typedef struct kvault kvault;
/** A walk over keys. */
typedef struct kvault_cursor kvault_cursor;
/** Random-access reading of one value. */
typedef struct kvault_blob kvault_blob;
/** A value on its way in. */
typedef struct kvault_writer kvault_writer;
/** One step of a walk; see kvault_cursor_next(). */
typedef struct kvault_entry kvault_entry;
/** What handles do not see, since it is to be deleted; see DELETING LATER. */
typedef struct kvault_veil kvault_veil;
typedef struct kvault_shelf kvault_shelf;
/** Keys that are to be deleted together. */
typedef struct kvault_deletion kvault_deletion;

/* ---------------------------------------------------------------------------------------
 * Results
 * ------------------------------------------------------------------------------------- */

typedef enum kvault_result {
  KVAULT_OK = 0,
  KVAULT_NOTFOUND = -1,    /**< no such key; or a walk is over */
  KVAULT_EEXIST = -2,      /**< the key or file to be made is there already */
  KVAULT_EINVAL = -3,      /**< an argument or option is out of its range */
  KVAULT_ERANGE = -4,      /**< a range of bytes leaves the value */
  KVAULT_ENOMEM = -5,      /**< no memory */
  KVAULT_EBUSY = -6,       /**< another connection held the file for the whole busy timeout */
  KVAULT_ECANCELLED = -7,  /**< kvault_interrupt() or the options' is_cancelled ended it */
  KVAULT_EREADONLY = -8,   /**< the handle, the file, its folder or its table is read-only */
  KVAULT_ESTALE = -9,      /**< the row or the file changed underneath; open it again */
  KVAULT_EMOVED = -10,     /**< the file was replaced, renamed or deleted; nothing is written */
  KVAULT_ETOOBIG = -11,    /**< a key of nearly 1,000,000,000 bytes, or a value over 64 TiB */
  KVAULT_EFULL = -12,      /**< the disk is full, or a file must not grow further (the greatest of
                                its file system, RLIMIT_FSIZE with SIGXFSZ ignored) */
  KVAULT_EIO = -13,        /**< the system could not read or write */
  KVAULT_ECORRUPT = -14,   /**< an SQLite file that is damaged or cut short */
  KVAULT_ENOTDB = -15,     /**< no SQLite file */
  KVAULT_EENCRYPTED = -16, /**< no SQLite file, and its bytes look encrypted */
  KVAULT_ENOTVAULT = -17,  /**< an SQLite file without a vault table that can be used */
  KVAULT_ENOENT = -18,     /**< no such file, or no table of that name */
  KVAULT_EPERM = -19,      /**< no right to read the file */
  KVAULT_EHOT = -20,       /**< the last write was interrupted and cannot be undone from here */
  KVAULT_ENOTFILE = -21,   /**< a folder, pipe, socket or device */
  KVAULT_ECACHEFULL = -22  /**< the cache is full and locked; nothing was stored */
} kvault_result;

/** What a failed kvault_open() left to say; also what a handle remembers. */
typedef struct kvault_error {
  int code;            /**< kvault_result */
  int sqlite_code;     /**< SQLite's extended result code, or 0 */
  int system_errno;    /**< errno, or 0 */
  char message[1024];  /**< one line of UTF-8 in English that names the file or key */
} kvault_error;

/**
 * The name of a result: "KVAULT_EBUSY". Any thread; static; "KVAULT_UNKNOWN" for others.
 */
KVAULT_API const char *kvault_result_name (int result);

/**
 * Why the last failed call on a handle failed.
 *
 * Returns: one line, borrowed until the next call on @vault; "" if nothing failed yet.
 */
KVAULT_API const char *kvault_errmsg (const kvault *vault);

/** The same with its codes; borrowed until the next call on @vault. */
KVAULT_API const kvault_error *kvault_last_error (const kvault *vault);

/** The version of the library: "0.1.0". Any thread; static. */
KVAULT_API const char *kvault_version (void);

/* ---------------------------------------------------------------------------------------
 * Opening
 * ------------------------------------------------------------------------------------- */

typedef enum kvault_access {
  KVAULT_ACCESS_WRITE = 0,   /**< read and write a file that is there */
  KVAULT_ACCESS_VIEW = 1,    /**< look; change no byte, leave no file behind */
  KVAULT_ACCESS_CREATE = 2,  /**< read and write; make the file and the table if need be */
  KVAULT_ACCESS_CREATE_NEW = 3, /**< the same, but KVAULT_EEXIST if the file is there */
  KVAULT_ACCESS_SALVAGE = 4  /**< as VIEW, for a damaged file: opens what the others refuse, a file cut
                                  short or with a broken schema; see kvault_salvage() */
} kvault_access;

typedef enum kvault_durability {
  KVAULT_DURABILITY_NORMAL = 0,  /**< a crash of the machine may lose the last commits in
                                      write-ahead-log mode, never more than that */
  KVAULT_DURABILITY_FULL = 1     /**< each commit is on the disk when the call returns */
} kvault_durability;

/**
 * How to open. Start from KVAULT_OPTIONS_INIT; 0 or NULL is the default of each member.
 *
 * KohakuVault's memory map is missing on purpose: a file cut short under a map kills the
 * process, and reading gains nothing from it. Its retries and backoff are
 * @busy_timeout_ms here.
 */
typedef struct kvault_options {
  kvault_access access;
  const char *table;          /**< UTF-8. Default: "kv" if that is a vault, else the first
                                   vault by name; for a new file "kv" */
  kvault_durability durability;
  unsigned busy_timeout_ms;   /**< how long to wait for others; default 5,000; at most 3,600,000;
                                   KVAULT_BUSY_NOWAIT gives up at once */
  uint32_t page_size;         /**< bytes, a power of two from 512 to 65,536, for a new file;
                                   default 32,768 */
  uint32_t page_cache_kib;    /**< SQLite's page cache, 64 to 4,194,304; default 2,000 */
  uint32_t chunk_size;        /**< bytes a stream moves at once, 4,096 to 67,108,864;
                                   default 1,048,576 */
  int rollback_journal;       /**< nonzero: a new file keeps a rollback journal instead of
                                   a write-ahead log; so it does where no log can be used,
                                   because the file system lets programs share no memory */
  uint32_t whole_value_max;   /**< bytes of key and value, 4,096 to 999,999,968: values with which that is more are
                                   stored in parts, which KohakuVault does not read; default the
                                   greatest, which is also the longest that it reads */
  int secure_delete;          /**< nonzero: deleted values are overwritten with zeros; costs
                                   writing as many bytes as are deleted */
  int (*is_cancelled) (void *data); /**< asked now and then while a call waits or works;
                                   nonzero ends it with KVAULT_ECANCELLED. Runs on the
                                   calling thread and must not use the handle */
  void *is_cancelled_data;
  int (*let_go) (void *data); /**< asked when another handle of this process needs the file for itself
                                   (kvault_vacuum()): see to it that the thread of this handle calls
                                   kvault_let_go() soon, and return 0; nonzero refuses. Runs on the
                                   other handle's thread, once for each time, and may use no handle but to call
                                   kvault_let_go() on one of its own thread, and wait for no lock that a
                                   thread holds while it calls this library, which holds a mutex of its own
                                   meanwhile. A call that waits to write lets go by itself and
                                   then goes on. Without it the handle never lets go */
  void *let_go_data;
  kvault_veil *veil;          /**< hides what is in it from this handle; the handle keeps a reference. Default: none */
  kvault_shelf *shelf;        /**< what lies there is seen by this handle, which keeps a reference. Default: none */
} kvault_options;

#ifdef __cplusplus
# define KVAULT_OPTIONS_INIT kvault_options ()
#else
# define KVAULT_OPTIONS_INIT { KVAULT_ACCESS_WRITE, NULL, KVAULT_DURABILITY_NORMAL, 0, 0, 0, 0, 0, 0, 0, \
                               NULL, NULL, NULL, NULL, NULL, NULL }
#endif
#define KVAULT_BUSY_NOWAIT UINT32_MAX

/**
 * Open a file.
 *
 * A file from a stranger cannot do harm: SQLite runs defensively, with triggers, views,
 * extensions and memory maps off and its limits lowered, and a table that would need any
 * of them is read-only or no vault, with the reason in kvault_sections().
 *
 * With KVAULT_ACCESS_VIEW nothing on the disk changes: the main file and a write-ahead log
 * that was there stay as they are and no side file is left, in folders and on mounts that
 * cannot be written too. (What another program logs while this handle is open is moved into
 * the main file by the one who closes last, as ever, and that may be this handle.) One
 * exception: the rollback journal of a writer that died is played back first, since without
 * that the file would show half a write. Where that is not allowed, the answer is KVAULT_EHOT.
 *
 * A path that is not there makes no file unless creation is asked for. Opening alone adds
 * no table and changes no journal mode.
 *
 * @location  a path; copied. It is taken as it is, never as a URI
 * @options   how; may be NULL; strings are copied
 * @vault     set to the handle, the caller's, to kvault_close(); NULL on failure
 * @error     filled on failure; may be NULL
 *
 * Thread:  any; the handle then belongs to the one that uses it.
 * Cost:    reads the schema, a few pages; about a millisecond.
 * Returns: KVAULT_OK, or of the results above ENOENT, ENOTFILE, EPERM, ENOTDB, EENCRYPTED,
 *          ECORRUPT, ENOTVAULT, EHOT, EREADONLY (asked to write; also where a file with a write-ahead
 *          log lies on a file system that lets programs share no memory), EEXIST, EBUSY,
 *          ECANCELLED, EFULL, EIO, EINVAL, ENOMEM
 */
KVAULT_API int kvault_open (const char           *location,
                            const kvault_options *options,
                            kvault              **vault,
                            kvault_error         *error);

/**
 * Flush the cache and close a handle. An open transaction is rolled back. The handle's cursors,
 * blobs and writers are closed with it (a writer not committed is undone) and must not be used
 * any more.
 *
 * @vault  may be NULL
 *
 * Returns: KVAULT_OK
 *          a failure of the flush; the handle is still open and keeps all entries: mend the
 *          cause and try again, or give them up with kvault_cache_discard(). Without a cache
 *          closing cannot fail
 */
KVAULT_API int kvault_close (kvault *vault);

/**
 * Close the file but not the handle: nobody is kept from anything by it any more. The next call on the handle takes
 * the file up again by itself; it waits, up to the busy timeout, while another handle of this process has the
 * file for itself, and fails with KVAULT_ESTALE if the file's tables have changed. What waits in the cache waits on; writers
 * stay as they are. If another file has come to the name meanwhile, it can be looked at, but the handle writes nothing to it
 * (KVAULT_EMOVED), and while values wait in the cache, which belong to the old one, it is not looked at either. A file that
 * a swap of this process (kvault_vacuum()) has made of it is no other.
 *
 * Returns: KVAULT_OK
 *          KVAULT_EBUSY  a cursor, a blob (not a released one) or a transaction of the handle's is open, or a writer has
 *                        begun to store a large value in parts
 */
KVAULT_API int kvault_let_go (kvault *vault);

/**
 * End the call that runs on a handle with KVAULT_ECANCELLED; nothing if none runs. A call ends
 * within some 20 ms, the file as before it; but kvault_get(), kvault_put(), kvault_delete() and
 * kvault_rename() first finish the step of SQLite that reads, writes or frees one value, which nothing breaks
 * off: for 50 MB some 0.1 s on an idle machine, twice that and more on a busy one. Any thread,
 * while the handle is open.
 */
KVAULT_API void kvault_interrupt (kvault *vault);

/** The location as given to kvault_open(); borrowed for the life of the handle. */
KVAULT_API const char *kvault_location (const kvault *vault);

/** Nonzero if this handle cannot write: asked so, or forced (see kvault_readonly_reason()). */
KVAULT_API int kvault_is_readonly (const kvault *vault);

/**
 * Why the table in use cannot be written: "it was opened for viewing", "the table has triggers,
 * which would be skipped" ...; NULL if it can. Borrowed until the next call.
 */
KVAULT_API const char *kvault_readonly_reason (const kvault *vault);

/**
 * Nonzero once this handle has met damage in the file: SQLite found pages that contradict each other, or a value that is
 * shorter than its length. It stays so for the life of the handle, which writes nothing from then on, whatever the
 * call that met it answered: kvault_totals() counts an unreadable value and goes on.
 */
KVAULT_API int kvault_is_damaged (const kvault *vault);

/** What would keep a handle from being opened for writing where the file lies now. */
typedef enum kvault_obstacle {
  KVAULT_OBSTACLE_NONE = 0,
  KVAULT_OBSTACLE_FILE = 1,        /**< no right to write the file */
  KVAULT_OBSTACLE_FOLDER = 2,      /**< no right to write its folder, which SQLite needs for its log */
  KVAULT_OBSTACLE_FILE_SYSTEM = 3, /**< a read-only file system */
  KVAULT_OBSTACLE_LOG = 4          /**< the file has a write-ahead log, and its file system lets programs share no memory; known to a handle
                                        that has it open */
} kvault_obstacle;

/**
 * Whether the file could be written, asked of the system now; opens nothing. Symbolic links are
 * followed as at opening: what counts is the folder of the file itself.
 */
KVAULT_API kvault_obstacle kvault_obstacle_get (kvault *vault);

/**
 * A number that differs once another connection has committed.
 *
 * Cost:    some microseconds.
 * Returns: KVAULT_OK
 *          KVAULT_ESTALE  the file can only be read as it was when opened, and has changed; other
 *                         calls on such a handle notice that within 50 ms
 *          KVAULT_EMOVED  another file, or none, is at the location now
 *          or another failure
 */
KVAULT_API int kvault_data_version (kvault *vault, uint64_t *version);

/* ---------------------------------------------------------------------------------------
 * What a file holds
 * ------------------------------------------------------------------------------------- */

typedef enum kvault_section_kind {
  KVAULT_SECTION_V1 = 1,     /**< a vault of KohakuVault 0.1 to 0.5 */
  KVAULT_SECTION_V2 = 2,     /**< a vault of KohakuVault 0.6 and later, and of this library */
  KVAULT_SECTION_COLUMNS = 3,/**< ColumnVault: all columns of the file together */
  KVAULT_SECTION_TEXT = 4,   /**< TextVault: a full-text index and its values */
  KVAULT_SECTION_VECTOR = 5, /**< VectorKVault: a vector index and its values */
  KVAULT_SECTION_TEXT_VALUES = 6,    /**< the values of the text index before it; see VALUES OF INDEXES */
  KVAULT_SECTION_VECTOR_VALUES = 7,  /**< … of the vector index before it */
  KVAULT_SECTION_CHUNKS = 8  /**< the chunks of all columns of the file */
} kvault_section_kind;

typedef struct kvault_section {
  const char *name;          /**< UTF-8 */
  kvault_section_kind kind;
  int readable;              /**< nonzero if kvault_use_table() takes it */
  int writable;              /**< nonzero if the table allows writing (the handle may not) */
  const char *reason;        /**< why not readable or writable; NULL if both */
} kvault_section;

/**
 * The vaults in the file, then the other sections of KohakuVault, each group by name in
 * byte order. Vaults are found by the shape of their columns, never by name. Behind an index or
 * columns comes the table of its values, if that is a plain one. Other tables are not listed.
 *
 * @sections  set to an array, borrowed until kvault_close()
 * @n         set to its length
 *
 * Cost:    none; the schema was read at opening.
 * Returns: KVAULT_OK
 */
KVAULT_API int kvault_sections (kvault *vault, const kvault_section **sections, size_t *n);

/**
 * Change to another readable table of the file. Cursors, blobs and writers opened before stay
 * with theirs.
 *
 * Returns: KVAULT_OK
 *          KVAULT_ENOENT     no table of that name
 *          KVAULT_ENOTVAULT  it is no vault, or not readable; the message tells why
 */
KVAULT_API int kvault_use_table (kvault *vault, const char *table);

/** The table in use; borrowed until kvault_use_table() or kvault_close(). */
KVAULT_API const char *kvault_table (const kvault *vault);

/** KVAULT_SECTION_V1 or _V2, the shape of a vault; or _TEXT_VALUES, _VECTOR_VALUES or _CHUNKS. */
KVAULT_API kvault_section_kind kvault_table_kind (const kvault *vault);

/**
 * The number of items in a section that is no vault: columns, documents or vectors, or rows of values or chunks.
 *
 * Cost:    one count over a plain table.
 * Returns: KVAULT_OK, KVAULT_ENOENT, KVAULT_ECORRUPT, KVAULT_ECANCELLED
 */
KVAULT_API int kvault_section_count (kvault *vault, const char *section, uint64_t *count);

/* ---------------------------------------------------------------------------------------
 * Values by key
 * ------------------------------------------------------------------------------------- */

/**
 * Read a whole value into memory.
 *
 * @key, @key_size   any bytes; @key may be NULL if @key_size is 0
 * @value            set to the bytes, the caller's, to kvault_free(); never NULL on
 *                   success; one NUL follows the last byte
 * @value_size       set to their number
 *
 * Cost:    twice the value in memory for a moment. For more than some megabytes use a blob.
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, or a failure
 */
KVAULT_API int kvault_get (kvault *vault, const void *key, size_t key_size,
                           void **value, size_t *value_size);

/**
 * Read a whole value into memory of the caller's; allocates none for the value.
 *
 * @buf         room for @room bytes; undefined after a failure
 * @room        bytes; 0 asks for the size only
 * @value_size  set to the size of the value, with KVAULT_ERANGE too; else 0 after a failure
 *
 * Cost:    for small values a little more than kvault_get().
 * Returns: KVAULT_OK, KVAULT_NOTFOUND
 *          KVAULT_ERANGE  the value is longer than @room; nothing was copied
 *          or a failure
 */
KVAULT_API int kvault_get_into (kvault *vault, const void *key, size_t key_size,
                                void *buf, size_t room, uint64_t *value_size);

/** Give back what kvault_get() gave. Any thread; NULL is fine. */
KVAULT_API void kvault_free (void *memory);

/**
 * Store a value, replacing the one at that key if there is one; one transaction. With the
 * cache on it waits in memory, and only the flush tells KVAULT_EMOVED, KVAULT_EBUSY or KVAULT_EFULL.
 *
 * @value  may be NULL if @value_size is 0
 *
 * Cost:    in a V1 table SQLite builds the value twice in memory. Where the system has not as much, this and
 *          all other ways to store a value fail with KVAULT_ENOMEM before they begin; kvault_convert() gives
 *          the table the shape that does not need it.
 * Returns: KVAULT_OK, KVAULT_ETOOBIG, KVAULT_EREADONLY, KVAULT_EMOVED, KVAULT_EBUSY,
 *          KVAULT_EFULL, KVAULT_ENOMEM, or another failure; the old value is kept after any of them
 */
KVAULT_API int kvault_put (kvault *vault, const void *key, size_t key_size,
                           const void *value, size_t value_size);

/**
 * Delete a key and its value; one transaction.
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, KVAULT_EREADONLY, KVAULT_EMOVED, KVAULT_EBUSY,
 *          KVAULT_ECORRUPT, KVAULT_EFULL, KVAULT_EIO
 */
KVAULT_API int kvault_delete (kvault *vault, const void *key, size_t key_size);

/**
 * The same for an entry of a walk, which also reaches keys that are not blobs.
 *
 * @entry  of this vault and with its id, which is tried first; a key that is a blob is then looked for in the index, any other
 *         must still be in that row. @entry->key of a number must end with a NUL, as it does in an entry of a walk
 *
 * Returns: as kvault_delete()
 */
KVAULT_API int kvault_delete_entry (kvault *vault, const kvault_entry *entry);

/**
 * Whether a key is there.
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, or a failure: damage is not absence
 */
KVAULT_API int kvault_exists (kvault *vault, const void *key, size_t key_size);

/**
 * The size of a value in bytes; reads no page of the value.
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, KVAULT_ECORRUPT (also for a value that claims to be longer
 *          than the file), or another failure
 */
KVAULT_API int kvault_size (kvault *vault, const void *key, size_t key_size, uint64_t *size);

/**
 * The number of keys in the table.
 *
 * Cost: walks the key index: some 10 ms for a million keys in memory, ten times that cold,
 *       and several times that with an is_cancelled to ask on the way.
 * Returns: KVAULT_OK or a failure
 */
KVAULT_API int kvault_count (kvault *vault, uint64_t *count);

/**
 * Give a value another key; one transaction.
 *
 * @replace  nonzero: a value at @new_key is replaced; else KVAULT_EEXIST
 *
 * Cost:    rewrites the value: SQLite keeps both in one record. Up to 32 MB in memory
 *          (twice); above, through chunks in a V2 table, through memory in a V1 table.
 * Returns: KVAULT_OK, KVAULT_NOTFOUND (no @key), KVAULT_EEXIST, KVAULT_ETOOBIG, or a failure
 */
KVAULT_API int kvault_rename (kvault *vault, const void *key, size_t key_size,
                              const void *new_key, size_t new_key_size, int replace);

/**
 * How many bytes of a value kvault_rename() would write; changes nothing.
 *
 * @new_key_size  bytes of the new key: its length alone counts
 * @n_bytes       set to the size of the value, or to 0 where it stays in its place: one in parts always does, any other
 *                if the new key is as long, but not above 32 MB in a V2 table. A write-ahead log has them once more.
 *
 * Cost:    looks the key up, reads no page of the value.
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, or a failure as of kvault_size()
 */
KVAULT_API int kvault_rename_cost (kvault *vault, const void *key, size_t key_size,
                                   size_t new_key_size, uint64_t *n_bytes);

/* ---------------------------------------------------------------------------------------
 * Several changes as one
 * ------------------------------------------------------------------------------------- */

/** What is being done just now by an operation that does several things: compacting, and copying a file. */
typedef enum kvault_step {
  KVAULT_STEP_NONE = 0,        /**< it does one thing, or has not begun with them */
  KVAULT_STEP_COPY = 1,        /**< content is written to a new file */
  KVAULT_STEP_CHECK = 2,       /**< the pages of what was written are checked */
  KVAULT_STEP_COMPARE = 3,     /**< rows and bytes of every table are counted, and compared with those before */
  KVAULT_STEP_PLACE = 4,       /**< it is brought to the disk, and to its place */
  KVAULT_STEP_WRITE_BACK = 5,  /**< KVAULT_VACUUM_IN_PLACE: the copy is written over the file, which cannot be stopped */
  KVAULT_STEP_MOVE = 6         /**< pages from the end of the file are moved into free ones */
} kvault_step;

/** How far a long operation is. Totals are KVAULT_SIZE_UNKNOWN where nobody knows them. */
typedef struct kvault_progress {
  uint64_t keys, keys_total;
  uint64_t bytes, bytes_total;         /**< where there are steps, of this one alone */
  kvault_step step;
  unsigned step_number, n_steps;       /**< the first is 1; both 0 without steps */
  double fraction;                     /**< of all steps, as much as each takes as a rule: 0 to 1, and never back; 0 without steps */
} kvault_progress;

/**
 * Told now and then how far an operation is; runs on the calling thread and must not use the
 * handle. Nonzero ends the operation with KVAULT_ECANCELLED, everything as before it.
 */
typedef int (*kvault_progress_func) (const kvault_progress *progress, void *data);

/**
 * Open a transaction: what follows on this handle shows to others, and lasts, only with
 * kvault_commit(). Other writers wait meanwhile. A call that fails inside it leaves what came
 * before it, unless the failure was one that ends the whole (KVAULT_EFULL, KVAULT_EIO,
 * KVAULT_ENOMEM may): then kvault_commit() fails and nothing of it is kept. Transactions do not
 * nest.
 *
 * Returns: KVAULT_OK, KVAULT_EINVAL (one is open), KVAULT_EBUSY, or another failure
 */
KVAULT_API int kvault_begin (kvault *vault);

/**
 * Make all since kvault_begin() real.
 *
 * Returns: KVAULT_OK
 *          KVAULT_EBUSY, KVAULT_EFULL  not now: the transaction is still open, unless
 *                                      kvault_rollback() or a further commit says otherwise
 *          KVAULT_EIO      an earlier failure has undone it
 *          KVAULT_EINVAL   none is open
 */
KVAULT_API int kvault_commit (kvault *vault);

/** Undo all since kvault_begin(); nothing if no transaction is open. Keeps the last error. */
KVAULT_API void kvault_rollback (kvault *vault);

/**
 * kvault_get() and kvault_delete() as one.
 *
 * @value, @value_size  set as by kvault_get()
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, KVAULT_EREADONLY, KVAULT_EMOVED, KVAULT_EBUSY, KVAULT_EFULL,
 *          KVAULT_ENOMEM, or another failure; after any of them what was there is there still
 */
KVAULT_API int kvault_pop (kvault *vault, const void *key, size_t key_size,
                           void **value, size_t *value_size);

/**
 * Store a value unless the key has one.
 *
 * @existing, @existing_size  set to the value that was there, the caller's, to kvault_free();
 *                            NULL if there was none, and @value is there now, or on failure
 *
 * Returns: KVAULT_OK (both ways), or a failure as of kvault_put(); nothing was stored then
 */
KVAULT_API int kvault_setdefault (kvault *vault, const void *key, size_t key_size,
                                  const void *value, size_t value_size,
                                  void **existing, size_t *existing_size);

/**
 * Gives the next pair of kvault_update(); the bytes stay until it is called again.
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND at the end, or a failure, which ends the update and is
 *          its result
 */
typedef int (*kvault_next_func) (void *data, const void **key, size_t *key_size,
                                 const void **value, size_t *value_size);

/**
 * Put many pairs, all or none.
 *
 * Returns: KVAULT_OK, KVAULT_ECANCELLED (of @progress too), a failure of @next, or one as of
 *          kvault_put(); nothing was stored then
 */
KVAULT_API int kvault_update (kvault *vault, kvault_next_func next, void *next_data,
                              kvault_progress_func progress, void *progress_data);

/**
 * Delete every key that begins with some bytes, all or none.
 *
 * @prefix     NULL with @prefix_size 0: every key, as kvault_clear()
 * @n_deleted  set to their number, which may be 0; 0 on failure
 *
 * Cost:    with @progress the keys are counted first. The space goes to the file's free
 *          pages; compacting gives it back.
 * Returns: KVAULT_OK, KVAULT_ECANCELLED (of @progress too), KVAULT_EINVAL (no @prefix),
 *          KVAULT_EREADONLY, KVAULT_EMOVED, KVAULT_EBUSY, KVAULT_ECORRUPT, or another failure;
 *          nothing was deleted then
 */
KVAULT_API int kvault_delete_prefix (kvault *vault, const void *prefix, size_t prefix_size,
                                     kvault_progress_func progress, void *progress_data,
                                     uint64_t *n_deleted);

/**
 * Delete every key, those of other storage classes too, all or none.
 *
 * Returns: as of kvault_delete_prefix()
 */
KVAULT_API int kvault_clear (kvault *vault, kvault_progress_func progress, void *progress_data,
                             uint64_t *n_deleted);

/**
 * Give every key that begins with @prefix one that begins with @new_prefix instead, all or
 * none. New names may lie under the old prefix ("a/" to "a/b/"). Keys of other storage classes
 * begin with no bytes, not even none: they are left alone.
 *
 * @replace    nonzero: keys that are there already are replaced; else KVAULT_EEXIST
 * @n_renamed  set to their number
 *
 * Cost:    rewrites the values, see kvault_rename(): kvault_totals() of @prefix tells how many
 *          bytes. 16 bytes of memory a key.
 */
KVAULT_API int kvault_rename_prefix (kvault *vault, const void *prefix, size_t prefix_size,
                                     const void *new_prefix, size_t new_prefix_size, int replace,
                                     kvault_progress_func progress, void *progress_data,
                                     uint64_t *n_renamed);

/* ---------------------------------------------------------------------------------------
 * Waiting for all
 * ------------------------------------------------------------------------------------- */

/** An empty shelf; see WAITING FOR ALL. For kvault_options.shelf. Counted references; any thread. NULL: no memory. */
KVAULT_API kvault_shelf *kvault_shelf_new (void);
KVAULT_API kvault_shelf *kvault_shelf_ref (kvault_shelf *shelf);
KVAULT_API void kvault_shelf_unref (kvault_shelf *shelf);   /* NULL is fine */

/**
 * Lay a value on the shelf of the handle, for a key of the table in use; it takes the place of one that lies there.
 *
 * Cost:    copies key and value; a look-up of the key in the table.
 * Returns: KVAULT_OK
 *          KVAULT_EINVAL    the handle has no shelf, a transaction is open, or there is no key or value
 *          KVAULT_ETOOBIG   the value does not fit into one record
 *          KVAULT_EREADONLY, KVAULT_EMOVED  as of kvault_put()
 *          or a failure to look the key up
 */
KVAULT_API int kvault_shelf_put (kvault *vault, const void *key, size_t key_size, const void *value, size_t value_size);

/**
 * Write all that lies on the shelf of the handle, of all tables, in one transaction that waits for the disk. What is put meanwhile, by
 * another thread, stays. Without a shelf, or with an empty one, it does nothing. Several handles may do it at once: no value is
 * written twice, so an old one never comes after what others wrote since.
 *
 * Returns: KVAULT_OK, or a failure, with everything still on the shelf
 */
KVAULT_API int kvault_shelf_flush (kvault *vault);

/** A value that was taken off a shelf. */
typedef struct kvault__shelved kvault_taken;

/**
 * Take off the shelf of the handle what lies there for a key of the table in use, so that no flush writes it and no handle sees it. The
 * handle may be for viewing.
 *
 * @taken  to be laid back with kvault_shelf_give_back(), or given up with kvault_taken_free(); NULL after a failure
 *
 * Returns: KVAULT_OK
 *          KVAULT_NOTFOUND  nothing lies there. A flush that commits at this moment has written it: it is in the table then
 *          or a failure to take the file up
 */
KVAULT_API int kvault_shelf_take (kvault *vault, const void *key, size_t key_size, kvault_taken **taken);

/**
 * The same for many keys at once. Whatever is taken off has what is left looked through, and every handle take it up anew: once here, and
 * for each key with kvault_shelf_take().
 *
 * @keys   of each, key and key_size are looked at, no more
 * @n      how many; 0 does nothing
 * @taken  room for @n: what lay there for each key, NULL if nothing did. For a key that is given twice it is the first one's. Each is the
 *         caller's, as of kvault_shelf_take(); all are NULL after a failure
 *
 * Thread:  the one that opened the vault. Whoever puts something there meanwhile waits.
 * Cost:    a look-up in memory for each key, and one pass over what is left; allocates nothing.
 * Returns: KVAULT_OK, be it that nothing lay there, or a failure to take the file up
 */
KVAULT_API int kvault_shelf_take_many (kvault *vault, const kvault_entry *keys, size_t n, kvault_taken **taken);

/** Lay it back, once, unless another value lies there for its key by now. Any thread. */
KVAULT_API void kvault_shelf_give_back (kvault_shelf *shelf, kvault_taken *taken);
KVAULT_API void kvault_taken_free (kvault_taken *taken);   /* NULL is fine */

/** Throw away all that lies there. Any thread. A flush that waits or writes writes none of it; one that commits at this moment has written it. */
KVAULT_API void kvault_shelf_discard (kvault_shelf *shelf);

/**
 * Write what lies on a shelf for the table that @to uses to that table, of another file, in one transaction. It lies there still: for who
 * saves what can be saved of a file that cannot be written to.
 */
KVAULT_API int kvault_shelf_copy (kvault_shelf *shelf, kvault *to);

/**
 * Look up anew what the values that lie there for the table in use are to replace, for the statistics: keys came or went by other hands
 * since they were put, or a veil was lifted. Cost: a look-up of each in the table.
 */
KVAULT_API int kvault_shelf_measure (kvault *vault);

/** Whether a value lies on the shelf of the handle for a key of the table in use: nonzero if so. */
KVAULT_API int kvault_is_shelved (kvault *vault, const void *key, size_t key_size);

/** The same of any table, from any thread. Cost: a look-up in memory. */
KVAULT_API int kvault_shelf_has (kvault_shelf *shelf, const char *table, const void *key, size_t key_size);

typedef struct kvault_shelf_stats {
  uint64_t entries, bytes;         /**< that lie there; bytes of keys and values */
  uint64_t oldest_age_ms;          /**< since the first of them came, or the value it took the place of */
  uint64_t new_keys;               /**< of the entries: those that had no value in the table as they were put, or measured last */
  uint64_t value_bytes;            /**< of the entries, without keys */
  uint64_t replaced_bytes;         /**< of the values that they are to replace */
  uint64_t flushes;                /**< that wrote something */
  int64_t last_flush_unix_ms;      /**< when the last one ended or failed; 0: there was none */
  uint64_t last_flush_ms;          /**< how long that took */
  uint64_t last_flush_bytes;       /**< and what it wrote; 0: it failed */
  int last_result;                 /**< of the last one */
  char last_error[1024];           /**< its words, if that is a failure */
} kvault_shelf_stats;

/** @table  count the entries of this table alone; NULL: of all. Any thread. */
KVAULT_API void kvault_shelf_stats_get (kvault_shelf *shelf, const char *table, kvault_shelf_stats *stats);

/* ---------------------------------------------------------------------------------------
 * Deleting later
 * ------------------------------------------------------------------------------------- */

/**
 * A veil that hides nothing yet; for kvault_options.veil. Counted references; any thread. NULL: no memory.
 */
KVAULT_API kvault_veil *kvault_veil_new (void);
KVAULT_API kvault_veil *kvault_veil_ref (kvault_veil *veil);
KVAULT_API void kvault_veil_unref (kvault_veil *veil);   /* NULL is fine */

/** How many keys are hidden by it now. Any thread. */
KVAULT_API size_t kvault_veil_count (kvault_veil *veil);

/**
 * A deletion of no keys yet; see DELETING LATER. It is not hidden at first.
 *
 * @veil   keeps a reference
 * @table  whose keys; copied
 *
 * Thread:  kvault_deletion_count(), _fate(), _tally(), _hide(), _show(), _measure(), _look_again() and one _write() may run at once on several
 *          threads (what is shown during a _write() is deleted all the same); _add() and _free() with none of them.
 * Returns: the caller's, to kvault_deletion_free(), which shows what is hidden; NULL: no memory
 */
KVAULT_API kvault_deletion *kvault_deletion_new (kvault_veil *veil, const char *table);
KVAULT_API void kvault_deletion_free (kvault_deletion *deletion);   /* NULL is fine */

/**
 * Add a key, before the deletion is hidden.
 *
 * @entry  as of a walk with KVAULT_CURSOR_IDS: key, class and id count; copied. A row that is added twice counts once from
 *         kvault_deletion_hide() on
 *
 * Cost:    some 72 bytes of memory and the key.
 * Returns: KVAULT_OK, KVAULT_EINVAL (it is hidden), KVAULT_ENOMEM
 */
KVAULT_API int kvault_deletion_add (kvault_deletion *deletion, const kvault_entry *entry);

/**
 * How many keys are left to be deleted.
 *
 * @bytes  set to the sum of their values, or KVAULT_SIZE_UNKNOWN until kvault_deletion_measure() has looked at all; may be NULL
 */
KVAULT_API size_t kvault_deletion_count (const kvault_deletion *deletion, uint64_t *bytes);

/** What has become of a key of a deletion. */
typedef enum kvault_fate {
  KVAULT_FATE_LEFT,          /**< it is to be deleted */
  KVAULT_FATE_DELETED,       /**< by kvault_deletion_write() */
  KVAULT_FATE_MISSING,       /**< others had deleted it */
  KVAULT_FATE_CHANGED,       /**< others had stored another value, or any in another row; it stays */
  KVAULT_N_FATES
} kvault_fate;

/** Of the key that was added as number @i, from 0 on. */
KVAULT_API kvault_fate kvault_deletion_fate (const kvault_deletion *deletion, size_t i);

/** How many keys met each of them: @n[KVAULT_FATE_LEFT] and so on. */
KVAULT_API void kvault_deletion_tally (const kvault_deletion *deletion, size_t n[KVAULT_N_FATES]);

/** Its table; borrowed. */
KVAULT_API const char *kvault_deletion_table (const kvault_deletion *deletion);

/** Of how many keys values that were stored at them took the place: see kvault_deletion_resume(). */
KVAULT_API size_t kvault_deletion_displaced (const kvault_deletion *deletion);

/** Nobody will want its values back: kvault_blob_open_hidden() passes over them. */
KVAULT_API void kvault_deletion_set_dispensable (kvault_deletion *deletion);

/**
 * Hide what is left of it, or show it again. Reads nothing; a walk under way sees either. Rows that are not there are hidden in vain.
 *
 * Cost:    some 0.1 us a key.
 */
KVAULT_API void kvault_deletion_hide (kvault_deletion *deletion);
KVAULT_API void kvault_deletion_show (kvault_deletion *deletion);

/**
 * Look at the rows of a deletion: the size of each value and a hash of its first 4 KiB are remembered, for kvault_deletion_write() to compare.
 * Rows that are gone, or another key's, are left out from then on.
 *
 * @vault   with its table in use; may be open for viewing
 * @report  keys count those looked at; may be NULL
 *
 * Cost:    a look-up in the table and at most two pages for each key.
 * Returns: KVAULT_OK, KVAULT_EINVAL (another table), KVAULT_ECANCELLED (what was looked at stays so), or a failure
 */
KVAULT_API int kvault_deletion_measure (kvault *vault, kvault_deletion *deletion, kvault_progress_func report,
                                        void *report_data);

/**
 * Look at some rows once more: those that are gone, or have another value than at kvault_deletion_measure(), are left out from then on, and
 * kvault_deletion_fate() tells which. Those that it has not looked at yet are measured.
 *
 * @vault   with its table in use; may be open for viewing
 * @at      the number of the first of them, 0 at first; moved behind the last, and left where it was by a failure
 * @most    look at no more than so many; SIZE_MAX: all
 *
 * Cost:    as kvault_deletion_measure()
 * Returns: KVAULT_OK, KVAULT_NOTFOUND (none is left from @at on), KVAULT_EINVAL (another table), KVAULT_ECANCELLED (what was looked at stays
 *          so), or a failure
 */
KVAULT_API int kvault_deletion_look_again (kvault *vault, kvault_deletion *deletion, size_t *at, size_t most);

/** What kvault_deletion_write() did. */
typedef struct kvault_deletion_result {
  uint64_t deleted;          /**< keys */
  uint64_t bytes;            /**< of their values */
  uint64_t missing;          /**< keys that others had deleted */
  uint64_t changed;          /**< keys that others had written to; they stay */
} kvault_deletion_result;

/**
 * Delete what is left of a deletion, in transactions of a thousand keys or some 64 MB, between which others write. It has none left then.
 *
 * @vault   with its table in use, and no transaction open
 * @report  keys and bytes deleted so far; may be NULL
 * @result  filled, also after a failure: what was done stays done, the rest is left as it was; may be NULL
 *
 * Cost:    what kvault_deletion_measure() costs, and the deleting
 * Returns: KVAULT_OK, KVAULT_EINVAL (another table), KVAULT_ECANCELLED, KVAULT_EREADONLY, KVAULT_EMOVED, KVAULT_EBUSY, KVAULT_EFULL, or
 *          another failure
 */
KVAULT_API int kvault_deletion_write (kvault *vault, kvault_deletion *deletion, kvault_progress_func report,
                                      void *report_data, kvault_deletion_result *result);

/**
 * Of a key whose value took the place of one that was hidden, and which has the old value again: the deletion goes on with it, and hides it at
 * once if it hides the others. If the transaction is rolled back it does not.
 *
 * @vault  with a transaction of kvault_begin() open, in which the value was stored
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND (there is no such deletion any more, or the key is in another row by now), KVAULT_ESTALE
 *          (kvault_deletion_write() has written it since, to its last key, be it freed by now or not), KVAULT_EINVAL, or a failure
 */
KVAULT_API int kvault_deletion_resume (kvault *vault, const void *key, size_t key_size);

/**
 * Of a key that is hidden, and at which another value was stored just now that is to be deleted in place of the one that was there: it stays
 * hidden. If the transaction is rolled back all is as before.
 *
 * @vault  with a transaction of kvault_begin() open, in which the value was stored
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND (it was not hidden), KVAULT_EINVAL, or a failure
 */
KVAULT_API int kvault_deletion_keep (kvault *vault, const void *key, size_t key_size);

/**
 * Whether a value took the place of one that was hidden only after it was stored, and before that was committed: in the last transaction that
 * stored something, or the last bulk import, at whose end this is asked.
 *
 * @key  of the table in use
 *
 * Cost:    nothing where there was no such thing
 * Returns: 1 or 0
 */
KVAULT_API int kvault_displaced_late (const kvault *vault, const void *key, size_t key_size);

/* ---------------------------------------------------------------------------------------
 * The write-back cache
 *
 * Off at first. While it is on, kvault_put() keeps small values in memory and writes many of
 * them as one transaction. The cache is part of the vault: every call on this handle sees what
 * waits in it. Others, and a crash, do not: what waits is lost if the process dies. No entry
 * leaves the cache before the transaction that holds it has committed, so a failed flush loses
 * nothing.
 *
 * Flushed first by themselves: transactions and all operations of several keys, renames,
 * kvault_use_table(), kvault_close(). Values larger than the cache go straight through.
 * ------------------------------------------------------------------------------------- */

/** 0 is the default of each member. */
typedef struct kvault_cache_options {
  uint64_t capacity;           /**< bytes of keys and values, up to 1 TiB; default 64 MiB */
  uint64_t flush_threshold;    /**< bytes that make a put flush, up to @capacity; default a
                                    quarter of it */
  uint32_t flush_interval_ms;  /**< flush when the first entry has waited so long, however often it was put again, up to a day;
                                    default never. The library has no thread of its own: the interval
                                    is looked at in every put; kvault_cache_stats.due_in_ms tells a
                                    program's own clock when to call kvault_cache_flush() */
} kvault_cache_options;

typedef struct kvault_cache_stats {
  int enabled, locked;
  kvault_cache_options options;
  uint64_t entries;
  uint64_t bytes;              /**< of the keys and values that wait */
  uint64_t oldest_age_ms;      /**< how long the oldest entry has waited, since the first put of its key that no flush has
                                    written; 0 if none waits */
  uint64_t flushes;            /**< that succeeded */
  int64_t last_flush_unix_ms;  /**< when one was last tried, since 1970; 0: never */
  int last_result;             /**< of it */
  const char *last_error;      /**< its message, borrowed until the next call; "" after a success */
  int64_t due_in_ms;           /**< until the interval asks for a flush; -1: not at all */
} kvault_cache_stats;

/**
 * Turn the cache on, or give it other options; what waits is flushed first.
 *
 * @options  NULL for the defaults
 *
 * Returns: KVAULT_OK, KVAULT_EINVAL, KVAULT_EREADONLY, or a failure of the flush, after which
 *          everything is as before
 */
KVAULT_API int kvault_cache_enable (kvault *vault, const kvault_cache_options *options);

/** Flush and turn the cache off; after a failure it is still on and keeps all entries. */
KVAULT_API int kvault_cache_disable (kvault *vault);

/**
 * Write all that waits: one transaction, keys in order. Also while locked. After a failure
 * everything still waits. The flushes that puts make by themselves are tried again later then,
 * at first after a quarter of a second, at last every half minute; until the cache is full puts
 * succeed.
 */
KVAULT_API int kvault_cache_flush (kvault *vault);

/**
 * Put off the flushes that puts make by themselves until kvault_cache_unlock(). A put that
 * finds no room meanwhile fails with KVAULT_ECACHEFULL.
 */
KVAULT_API int kvault_cache_lock (kvault *vault);

/** Take them up again; flushes at once if one is due. */
KVAULT_API int kvault_cache_unlock (kvault *vault);

/** Throw away what waits. It is lost. */
KVAULT_API void kvault_cache_discard (kvault *vault);

/** Facts about the cache. Cost: a walk over what waits. */
KVAULT_API void kvault_cache_stats_get (kvault *vault, kvault_cache_stats *stats);

/* ---------------------------------------------------------------------------------------
 * Walking the keys
 * ------------------------------------------------------------------------------------- */

/** The storage class of a key or value as SQLite has it. Vaults hold blobs; strangers' may not. */
typedef enum kvault_class {
  KVAULT_CLASS_NULL = 0,
  KVAULT_CLASS_INTEGER = 1,
  KVAULT_CLASS_REAL = 2,
  KVAULT_CLASS_TEXT = 3,
  KVAULT_CLASS_BLOB = 4
} kvault_class;

#define KVAULT_SIZE_UNKNOWN UINT64_MAX

/** One step of a walk, borrowed until the next call on its cursor; or one row, see kvault_entry_by_id(). */
struct kvault_entry {
  const void *key;         /**< never NULL; numbers as their decimal text */
  size_t key_size;
  kvault_class key_class;
  int64_t id;              /**< the row, 0 if not asked for; may belong to another key later */
  uint64_t value_size;     /**< bytes; KVAULT_SIZE_UNKNOWN if not asked for or not readable */
  kvault_class value_class;/**< KVAULT_CLASS_BLOB if not asked for */
  int result;              /**< KVAULT_OK, or why the size could not be read; the walk goes on */
};

enum {
  KVAULT_CURSOR_REVERSE = 1 << 0,  /**< from the last key to the first */
  KVAULT_CURSOR_SIZES = 1 << 1,    /**< sizes too: one look-up a key, no page of a value */
  KVAULT_CURSOR_AFTER = 1 << 2,    /**< begin behind @start, not at it */
  KVAULT_CURSOR_IDS = 1 << 3,      /**< row ids too; SIZES implies it */
  KVAULT_CURSOR_STORED = 1 << 4    /**< rows in the order of their row ids, which is that of the file: each page is read
                                        once, and keys, ids and sizes, which are all given, cost no look-up each */
};

/** Where to walk; all zero: every key in order. */
typedef struct kvault_cursor_options {
  const void *prefix;      /**< keys that begin with these bytes only; NULL: all keys */
  size_t prefix_size;
  const void *start;       /**< begin at the first key at or after this (with REVERSE: at or
                                before); NULL with @start_size 0 and @has_start 0: the end */
  size_t start_size;
  int has_start;           /**< nonzero if @start counts (it may be the empty key) */
  kvault_class start_class;/**< 0 is taken as BLOB; an entry's key_class to go on from it */
  unsigned flags;          /**< KVAULT_CURSOR_… */
  int64_t start_id;        /**< with STORED and @has_start: begin at the first row at or after this one, which need
                                not be there; else 0 */
} kvault_cursor_options;

/**
 * Begin a walk. Keys come in the order of memcmp(), those of other storage classes before
 * them (numbers, then text) unless a prefix is given.
 *
 * The handle may write while it walks, but not convert the table. The walk stays in the table it
 * began in, whatever kvault_use_table() says. A key that is there from its beginning to its end
 * is given once, whether its value is replaced, waits in the cache or is flushed meanwhile. One
 * that this handle stores or deletes meanwhile, ahead of where the walk stands, may be given or
 * not; so may both keys of a rename. kvault_rollback() may end the walk with a failure.
 *
 * With KVAULT_CURSOR_STORED rows come by their ids, which grow, keys of all classes among each other; the index of the keys is
 * not read, and may be damaged. It takes neither prefix nor key to start from, and not REVERSE. A damaged page of the table ends
 * such a walk: one by keys, which looks every size up, goes round it. What waits in the cache has no row yet; it
 * is flushed first. A value put in the cache meanwhile is given with the row of its key, if there is one ahead.
 *
 * @options  may be NULL; its bytes are copied
 * @cursor   set to the walk, the caller's, to kvault_cursor_close()
 *
 * Cost:    a walk without sizes reads the key index only: some 0.1 s and 40 MB read for a
 *          million keys, no memory. STORED reads the table, but for pages that hold nothing but bytes of values (or of keys
 *          longer than some kilobytes, which do cost them): as much as SELECT length(value).
 * Returns: KVAULT_OK
 *          KVAULT_EINVAL  a prefix or start without bytes; a @start_id without STORED; STORED with a
 *                         prefix, a key or REVERSE
 *          or a failure; with STORED also one of the flush
 * Source:  https://www.sqlite.org/fileformat2.html, "B-tree Pages" and "Record Format": the header of a record, at its
 *          beginning, tells the lengths of its columns.
 */
KVAULT_API int kvault_cursor_open (kvault *vault, const kvault_cursor_options *options,
                                   kvault_cursor **cursor);

/**
 * The next entry.
 *
 * Returns: KVAULT_OK
 *          KVAULT_NOTFOUND  the walk is over
 *          a failure; the walk cannot go on (open another one behind the last key, or row id)
 */
KVAULT_API int kvault_cursor_next (kvault_cursor *cursor, const kvault_entry **entry);

/** End a walk; NULL is fine. */
KVAULT_API void kvault_cursor_close (kvault_cursor *cursor);

/**
 * The entry of a row whose id a walk has given. Ids are used again: the key tells whether it still is the same one.
 *
 * @id     as kvault_entry.id; any number may be asked for
 * @flags  KVAULT_CURSOR_SIZES, or 0: @entry->value_size is not asked for
 * @entry  filled as by a walk, @entry->result too. Its key is borrowed until the next kvault_entry_by_id() on @vault, or
 *         until it is closed, and ends with a NUL that is not part of it
 *
 * Thread:  the one of the handle.
 * Cost:    one look-up in the table, which reads no page of the value; the key is copied. The index of the keys is not read, and may be
 *          damaged. Holds nothing afterwards.
 * Returns: KVAULT_OK
 *          KVAULT_NOTFOUND  there is no such row
 *          KVAULT_EINVAL    other flags
 *          KVAULT_ECORRUPT  the page of the row is damaged
 *          or another failure
 */
KVAULT_API int kvault_entry_by_id (kvault *vault, int64_t id, unsigned flags, kvault_entry *entry);

/** What kvault_totals() adds up. */
typedef struct kvault_totals_result {
  uint64_t keys;
  uint64_t bytes;       /**< of values; sizes that could not be read are not in it */
  uint64_t unreadable;  /**< values whose size could not be read */
} kvault_totals_result;

/**
 * Count keys and bytes of values under a prefix, with progress.
 *
 * @prefix    NULL with @prefix_size 0 for the whole table
 * @progress  called about every 4,096 keys with the sums so far; nonzero ends it with
 *            KVAULT_ECANCELLED; may be NULL
 *
 * Cost:    one look-up a key; reads the page in which each row begins and no other.
 * Returns: KVAULT_OK, KVAULT_ECANCELLED, or a failure; sizes that cannot be read are counted, not
 *          failed on
 */
KVAULT_API int kvault_totals (kvault *vault, const void *prefix, size_t prefix_size,
                              int (*progress) (const kvault_totals_result *so_far, void *data),
                              void *data, kvault_totals_result *totals);

/* ---------------------------------------------------------------------------------------
 * Reading a value in pieces
 * ------------------------------------------------------------------------------------- */

/**
 * Open the value of a key for reading.
 *
 * @blob  set to the reader, the caller's, to kvault_blob_close()
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, or a failure
 */
KVAULT_API int kvault_blob_open (kvault *vault, const void *key, size_t key_size,
                                 kvault_blob **blob);

/**
 * The same of a row that the veil of the handle hides: what a value stored at its key would take the place of. KVAULT_NOTFOUND: there is no
 * row, or it is not hidden, or only by deletions that are dispensable.
 */
KVAULT_API int kvault_blob_open_hidden (kvault *vault, const void *key, size_t key_size,
                                        kvault_blob **blob);

/**
 * The same for an entry of a walk, which also reaches keys that are not blobs.
 *
 * @entry  of this vault; its id, if it has one, is tried first and believed only if the key there
 *         is the same; the index of the keys is not read then. Without one, only keys that are blobs are found. The key
 *         of a number ends with a NUL, as it does in an entry of a walk
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, or a failure
 */
KVAULT_API int kvault_blob_open_entry (kvault *vault, const kvault_entry *entry,
                                       kvault_blob **blob);

/**
 * Copy the first bytes of a value: what tells its type.
 *
 * For many values one after the other. While a cursor of @vault is open, the reader of one call is kept for the next; it
 * is let go of when a cursor comes to its end or is closed, so that it holds a read transaction no longer than a walk. Without an
 * open cursor nothing is kept.
 *
 * @entry  as for kvault_blob_open_entry(); that of an open cursor may be given
 * @buf    room for @room bytes; the caller's; undefined after a failure. May be NULL if @room is 0
 * @len    set to the number copied: @room, or the size if that is less
 * @size   set to the size of the whole value
 *
 * Thread:  the one of the handle.
 * Cost:    two look-ups in the table, some microseconds; the index of the keys is not read, unless the key has left its
 *          row. Beside an open cursor half as much as a kvault_blob for each; without one, both begin a read transaction for each
 *          value, which costs the most. The first kilobytes lie in the page of the row, as a rule.
 * Returns: KVAULT_OK, KVAULT_NOTFOUND
 *          KVAULT_ECORRUPT  the row, or the beginning of its value, is damaged
 *          KVAULT_EINVAL    no key, or no @buf
 *          or another failure
 * Source:  SQLite C API, sqlite3_blob_reopen(): moves a reader to another row faster than a new one is opened.
 */
KVAULT_API int kvault_head (kvault *vault, const kvault_entry *entry, void *buf, size_t room,
                            size_t *len, uint64_t *size);

/** The size of the value in bytes. */
KVAULT_API uint64_t kvault_blob_size (const kvault_blob *blob);

/**
 * The storage class of the value, KVAULT_CLASS_BLOB but in files of strangers. Text is read as its bytes are in the file, a number as
 * decimal text of 15 digits, NULL as no bytes: what is stored of them again is a blob.
 */
KVAULT_API kvault_class kvault_blob_class (const kvault_blob *blob);

/**
 * Read bytes from an open value.
 *
 * Reads are exact: a range that leaves the value copies nothing and fails, so callers
 * never handle a short read.
 *
 * @blob    an open value; calls may come in any order
 * @buf     room for @len bytes; the caller's; undefined after a failure
 * @len     bytes; 0 succeeds and touches nothing
 * @offset  bytes from the start, 0 to kvault_blob_size(blob)
 *
 * Thread:  the one that opened the vault.
 * Cost:    copies @len bytes, allocates nothing. In files without page maps (those
 *          KohakuVault made) the first read far into a value walks there, about a second a
 *          gigabyte when cold; the walk can be cancelled.
 * Returns: KVAULT_OK
 *          KVAULT_ERANGE      the range leaves the value
 *          KVAULT_ESTALE      the value was changed since: by this handle, or by anybody while
 *                             the reader was released; open it again. No byte of the other
 *                             value was copied
 *          KVAULT_ECORRUPT    the value is cut short or its pages are damaged
 *          KVAULT_ECANCELLED  during the walk
 *          KVAULT_EIO         SQLite failed; kvault_errmsg() has its words
 * Source:  SQLite C API, sqlite3_blob_read(): an expired handle answers SQLITE_ABORT.
 */
KVAULT_API int kvault_blob_read (kvault_blob *blob, void *buf, size_t len, uint64_t offset);

/**
 * Hold nothing any more: no lock, no state of the write-ahead log. The next kvault_blob_read() takes
 * the value up again by itself. Meanwhile others write and move the log, and the handle may be let go of
 * (kvault_let_go()). Other readers and cursors of the handle hold what they hold.
 *
 * For a player: read until its buffer is full, release, read again when it is half empty. In
 * rollback-journal mode an open reader keeps writers out, so release each time; with a log it blocks nobody, so
 * release when kvault_stats.wal_size passes some 64 MB. If the first read after a release takes long, a
 * larger buffer pays.
 *
 * When taken up, the value is the same for certain if nothing was committed since, or if it is stored in
 * parts. Else it must be the same row with the same key and size, and its first 4 KiB, the last
 * 64 KiB that were read and the 4 KiB behind them must be the same bytes. That is no proof: a value overwritten
 * with one of the same size that agrees in all of these passes for the old one. Compacting may give the row another number:
 * then it is stale, though its bytes are the same.
 *
 * A reader that has been released once also lets go by itself, for a moment, in a walk that takes over 1.5 s in
 * a file with a rollback journal. To allow that from the start, release it once after opening.
 *
 * Thread:  the one that opened the vault.
 * Cost:    reads up to 72 KiB that were just read or come next; when taken up, a look-up, and these again if something
 *          was committed. In files without page maps what was walked is forgotten: the next
 *          read far into the value walks again, warm some 0.1 s a gigabyte.
 * Returns: KVAULT_OK; also if it is released already, and for values that are kept in memory
 *          a failure; it is released all the same, and reading it gives KVAULT_ESTALE
 */
KVAULT_API int kvault_blob_release (kvault_blob *blob);

/** Close a reader; NULL is fine. */
KVAULT_API void kvault_blob_close (kvault_blob *blob);

/* ---------------------------------------------------------------------------------------
 * Writing a value in pieces
 * ------------------------------------------------------------------------------------- */

/**
 * Begin a value. Until kvault_writer_commit() nothing of it shows, to this handle or any
 * other, and no lock is held: up to 8 MiB wait in memory, more in a nameless file in the
 * vault's folder, which goes away with the process.
 *
 * @size    how many bytes will come, or KVAULT_SIZE_UNKNOWN
 * @writer  set to the writer, the caller's, to kvault_writer_free()
 *
 * Returns: KVAULT_OK, KVAULT_EREADONLY, KVAULT_ETOOBIG, KVAULT_EFULL (declared size over the
 *          free space), or a failure
 */
KVAULT_API int kvault_writer_open (kvault *vault, const void *key, size_t key_size,
                                   uint64_t size, kvault_writer **writer);

/**
 * Append bytes.
 *
 * Returns: KVAULT_OK
 *          KVAULT_ERANGE   more than declared; the writer can only be freed
 *          KVAULT_ETOOBIG, KVAULT_EFULL, KVAULT_EIO  likewise
 */
KVAULT_API int kvault_writer_write (kvault_writer *writer, const void *buf, size_t len);

/**
 * Make the value real: one transaction, whole or not at all.
 *
 * Cost:    copies the value at disk speed while others wait to write. In a V1 table SQLite
 *          needs twice the value in memory (its size column follows the value).
 * Returns: KVAULT_OK
 *          KVAULT_ERANGE   fewer bytes than declared; nothing changed
 *          or a failure; nothing changed and commit may be tried again after KVAULT_EBUSY,
 *          KVAULT_EFULL and KVAULT_ECANCELLED
 */
KVAULT_API int kvault_writer_commit (kvault_writer *writer);

/**
 * Free a writer, undoing what was not committed; NULL is fine. What was stored in parts is deleted, or, if is_cancelled
 * still says so, after the next change of the file.
 */
KVAULT_API void kvault_writer_free (kvault_writer *writer);

/**
 * Store what a descriptor delivers; one transaction. A regular file goes straight in, at the
 * speed of the disk, while others wait to write; a pipe through a kvault_writer, so they do
 * not. A regular file of 8 MiB or more is read by a thread of the call's own, up to three chunks
 * ahead of what @progress is told: from there it may be looked at by pread() only.
 *
 * @fd    read from where it stands; the caller's. After a failure a regular file stands there again
 * @size  how many bytes will come, or KVAULT_SIZE_UNKNOWN: up to the end
 *
 * Cost:    three chunks of memory (one, and 8 MiB, for a pipe).
 * Returns: KVAULT_OK
 *          KVAULT_ERANGE  fewer bytes came (a file that shrinks), or more from a pipe
 *          KVAULT_EIO     @fd could not be read, and its errno in kvault_last_error(); or as
 *                         kvault_writer_commit(). Nothing changed
 */
KVAULT_API int kvault_put_fd (kvault *vault, const void *key, size_t key_size, int fd, uint64_t size,
                              kvault_progress_func progress, void *progress_data);

/**
 * Store what a value of another handle has, its header with it; one transaction. As kvault_put_fd() of a regular file. That handle
 * may be on another file, and must not be this one.
 *
 * @from  of the other handle; stays the caller's
 *
 * Cost:    one chunk of memory.
 * Returns: KVAULT_OK
 *          KVAULT_EIO  @from could not be read; or as kvault_writer_commit(). Nothing changed
 */
KVAULT_API int kvault_put_blob (kvault *vault, const void *key, size_t key_size, kvault_blob *from,
                                kvault_progress_func progress, void *progress_data);

/**
 * Write a value to a descriptor, in chunks; short writes are finished.
 *
 * @n_written  set to the bytes that went out, after a failure too
 *
 * Returns: KVAULT_OK, KVAULT_NOTFOUND, KVAULT_EFULL or KVAULT_EIO (of @fd too), or a failure
 */
KVAULT_API int kvault_get_fd (kvault *vault, const void *key, size_t key_size, int fd,
                              kvault_progress_func progress, void *progress_data,
                              uint64_t *n_written);

/**
 * Begin to put many values. They are committed in groups of about 64 MB, each to the disk, so
 * that a crash leaves whole values only. Where at least 64 MB are expected and no other
 * connection has the file open, it leaves its write-ahead log meanwhile, which takes every byte
 * twice: other handles of this process are asked to let go for the moment (kvault_options.let_go). It returns with kvault_bulk_end(), kvault_rollback() or, after a crash, when it is
 * next opened for writing.
 *
 * @expected_bytes  about how many will come; 0 if unknown
 *
 * Returns: KVAULT_OK, KVAULT_EINVAL (a transaction is open), KVAULT_EBUSY, or another failure
 */
KVAULT_API int kvault_bulk_begin (kvault *vault, uint64_t expected_bytes);

/**
 * How many of the puts since the last kvault_bulk_begin() are on the disk for good, in the order in which they came: of kvault_put(),
 * kvault_put_fd() and kvault_writer_commit() that returned KVAULT_OK, the first so many. All of them after kvault_bulk_end() succeeded; after a
 * failure or kvault_rollback() the rest is undone. Stays until the next kvault_bulk_begin(). Cost: none.
 */
KVAULT_API uint64_t kvault_bulk_committed (const kvault *vault);

/**
 * Commit the last group and end. To give up the last group, kvault_rollback() instead; the
 * groups before it stay.
 *
 * Returns: KVAULT_OK; what was put is on the disk
 *          KVAULT_EBUSY  all is on the disk, but somebody reads (or the message tells what else
 *                        happened) and the file could not return to its write-ahead log yet
 *          a failure; the last group is lost
 */
KVAULT_API int kvault_bulk_end (kvault *vault);

/* ---------------------------------------------------------------------------------------
 * What a value is
 * ------------------------------------------------------------------------------------- */

/** The encodings of KohakuVault's value header. */
typedef enum kvault_encoding {
  KVAULT_ENCODING_RAW = 0,
  KVAULT_ENCODING_PICKLE = 1,      /**< Python's; never run it */
  KVAULT_ENCODING_DATAPACKER = 2,  /**< an i64 or f64 of 8 bytes, or an array */
  KVAULT_ENCODING_JSON = 3,
  KVAULT_ENCODING_MSGPACK = 4,
  KVAULT_ENCODING_CBOR = 5,
  KVAULT_ENCODING_TEXT = 6         /**< UTF-8 */
} kvault_encoding;

#define KVAULT_HEADER_SIZE 10

typedef struct kvault_value_info {
  int has_header;            /**< nonzero if ten bytes of header come first */
  kvault_encoding encoding;  /**< KVAULT_ENCODING_RAW without a header */
  uint8_t flags;             /**< as stored; 0 in all files known */
  size_t data_offset;        /**< where the data begins: 10 or 0 */
} kvault_value_info;

/**
 * Recognise the header of a value:
 *
 *     89 4B | 01 version | encoding 00-06 | flags | 00 00 00 | 56 4B
 *
 * Anything else, a raw value that happens to begin 89 4B included, has none. Values of V1
 * tables and chunks never have one: pass @kind and they are taken as raw.
 *
 * @kind  the shape of the table the value is from
 * @head  the first bytes of the value; 10 are enough
 * @len   how many there are
 * @info  filled
 *
 * Any thread; cannot fail.
 */
KVAULT_API void kvault_value_parse (kvault_section_kind kind, const void *head, size_t len,
                                    kvault_value_info *info);

/** "raw", "pickle", "datapacker", "json", "msgpack", "cbor", "text"; static. */
KVAULT_API const char *kvault_encoding_name (kvault_encoding encoding);

/** The media type of data behind a header: "application/json"; NULL for KVAULT_ENCODING_RAW; static. */
KVAULT_API const char *kvault_encoding_type (kvault_encoding encoding);

/**
 * Guess the media type of data from how it begins: "image/png", "video/mp4", "text/plain";
 * "application/octet-stream" if nothing is recognised, "application/x-zerosize" for none.
 *
 * @head  the first bytes of the data (behind a header); 512 are enough for every guess
 * @len   how many there are; fewer than 256 are taken for all there is
 *
 * Any thread; static. Source: the formats' own signatures.
 */
KVAULT_API const char *kvault_guess_type (const void *head, size_t len);

/* ---------------------------------------------------------------------------------------
 * SQLite's own: what another store would not have
 * ------------------------------------------------------------------------------------- */

typedef enum kvault_journal {
  KVAULT_JOURNAL_ROLLBACK = 0,  /**< delete, truncate or persist */
  KVAULT_JOURNAL_WAL = 1        /**< a write-ahead log */
} kvault_journal;

typedef struct kvault_stats {
  uint64_t file_size;          /**< bytes of the main file: pages × page size */
  uint64_t reclaimable_size;   /**< bytes in free pages, which compacting gives back */
  uint64_t wal_size;           /**< bytes of the write-ahead log beside it */
  uint32_t page_size;          /**< bytes */
  uint64_t page_count;
  uint64_t free_page_count;
  kvault_journal journal;
  int auto_vacuum;             /**< 0 none, 1 full, 2 incremental; not 0: page maps, so the
                                    end of a large value is near */
  int frozen;                  /**< nonzero: seen as it was at opening, without locks, since
                                    the place cannot be written */
  uint64_t wal_frames;         /**< pages in the log that count; behind them may be room of before */
  uint64_t wal_waiting;        /**< of them not yet in the main file: what a checkpoint has to move. Of a page that was
                                    written more than once the last one only */
  uint64_t main_free_size;     /**< bytes of the main file, as it is on the disk, that hold nothing in use. While the log holds pages
                                    past its end: at least */
  uint64_t empty_size;         /**< bytes of a file with the same tables and nothing in them */
} kvault_stats;

/**
 * Facts about the file that cost next to nothing (no value or key is read).
 *
 * Returns: KVAULT_OK or a failure
 * Source:  SQLite, "WAL-mode File Format", 2.2: mxFrame and nBackfill in the index of the log.
 */
KVAULT_API int kvault_stats_get (kvault *vault, kvault_stats *stats);

/** What the bytes of the main file, as it is on the disk, belong to. The last four add up to the first. */
typedef struct kvault_split {
  uint64_t main_size;          /**< bytes of the main file on the disk */
  uint64_t values_size;        /**< of them in the tables of vaults: values, and keys beside them */
  uint64_t keys_size;          /**< in the indexes over their keys */
  uint64_t other_size;         /**< in other tables, and what SQLite needs for itself */
  uint64_t reclaimable_size;   /**< in free pages, and what the log says is cut off */
  uint64_t file_size;          /**< kvault_stats.file_size: more than @main_size while pages are in the log only */
} kvault_split;

/**
 * Tell what the pages of the file belong to.
 *
 * @split     zeros after a failure
 * @progress  bytes of pages looked at; may be NULL
 *
 * Cost:    reads all pages in use, in one read transaction: a log is not cut meanwhile, and with a rollback journal writers wait.
 * Returns: KVAULT_OK
 *          KVAULT_EINVAL     the SQLite in use was built without "dbstat"
 *          KVAULT_ECANCELLED, KVAULT_ECORRUPT, or another failure
 * Source:  SQLite, "The DBSTAT Virtual Table".
 */
KVAULT_API int kvault_split_get (kvault *vault, kvault_split *split, kvault_progress_func progress, void *progress_data);

/** A table, and what of the main file it takes. */
typedef struct kvault_split_table {
  const char *name;
  int is_vault;                /**< nonzero: counted as values and keys; zero: among what is other's */
  uint64_t table_size;         /**< bytes of its pages: values, and keys beside them */
  uint64_t index_size;         /**< of those of its indexes */
  uint64_t live_size;          /**< of both, with those that are in the log only */
  uint64_t empty_size;         /**< of both, if the table had no rows: a page each */
} kvault_split_table;

/**
 * The same, and the tables one by one, the largest first. SQLite's own, whose names begin with "sqlite_", are left out.
 *
 * @tables  the handle's: until the next call of this function, or the handle is closed
 *
 * Cost, returns: those of kvault_split_get()
 */
KVAULT_API int kvault_split_tables (kvault *vault, kvault_split *split, const kvault_split_table **tables, size_t *n_tables,
                                    kvault_progress_func progress, void *progress_data);

/** Another process that has the file open. */
typedef struct kvault_holder {
  int64_t pid;
  char program[32];            /**< its name, without control characters; "" if it cannot be told */
} kvault_holder;

/**
 * Tell which other processes have the file open, as far as the system shows: none of other users, and none in other containers.
 *
 * @holders  set for the first @room of them
 * @n        set to how many there are, which may be more than @room
 *
 * Cost:    a look at the processes of the machine, some milliseconds.
 * Returns: KVAULT_OK or a failure
 * Source:  proc(5), /proc/PID/fd.
 */
KVAULT_API int kvault_holders (kvault *vault, kvault_holder *holders, size_t room, size_t *n);

/** Who kept the log in use when a checkpoint could not finish, as far as the system tells. */
typedef struct kvault_checkpoint_result {
  uint64_t frames;          /**< pages in the log */
  uint64_t moved;           /**< of them moved into the main file */
  int finished;             /**< nonzero if the mode's work is done */
  int reader;               /**< nonzero: somebody reads, and needs the log for it */
  int writer;               /**< nonzero: somebody writes */
  int checkpointer;         /**< nonzero: somebody else moves pages */
  int own;                  /**< nonzero: one of them is this process, another handle or an open cursor or blob */
  int64_t pid;              /**< of another process among them; 0: none, or in another container */
  char program[32];         /**< and its name, or "" */
} kvault_checkpoint_result;

typedef enum kvault_checkpoint_mode {
  KVAULT_CHECKPOINT_PASSIVE = 0,   /**< move what can be moved without waiting */
  KVAULT_CHECKPOINT_FULL = 1,      /**< wait for writers and readers, then move all */
  KVAULT_CHECKPOINT_RESTART = 2,   /**< and wait until no reader needs the log: the next write begins it anew */
  KVAULT_CHECKPOINT_TRUNCATE = 3   /**< and cut it to nothing */
} kvault_checkpoint_mode;

/**
 * Move the write-ahead log into the main file. What waits in the cache is flushed first.
 *
 * @result  filled, after KVAULT_EBUSY too; may be NULL
 *
 * Cost:    writes each page of the log once and waits for the disk.
 * Returns: KVAULT_OK     also PASSIVE that could not move all (see @result->finished), and
 *                        a file without a log
 *          KVAULT_EBUSY  readers or writers stayed for the whole busy timeout; what could be
 *                        moved was. The message says who
 *          KVAULT_ECANCELLED, KVAULT_EREADONLY, KVAULT_EFULL, or another failure
 * Source:  SQLite C API, sqlite3_wal_checkpoint_v2(); the locks on the "-shm" file.
 */
KVAULT_API int kvault_checkpoint (kvault *vault, kvault_checkpoint_mode mode,
                                  kvault_checkpoint_result *result);

/**
 * The same with KVAULT_CHECKPOINT_TRUNCATE, for which the other handles of this process are asked to let go of the file
 * (kvault_options.let_go) and wait meanwhile: what they read keeps the log in use.
 *
 * Returns: as kvault_checkpoint(); KVAULT_EBUSY also if one of them does not let go
 */
KVAULT_API int kvault_checkpoint_alone (kvault *vault, kvault_checkpoint_result *result);

/**
 * Give the file a write-ahead log, or a rollback journal in its place, for all who open it from now on. KohakuVault gives every
 * file that it opens a write-ahead log.
 *
 * The other handles of this process are asked to let go of the file (kvault_options.let_go) and wait meanwhile. No other program may have it
 * open when the log is left, nor use it when one is taken up.
 *
 * Cost:    what is in the log is moved into the main file.
 * Returns: KVAULT_OK     also if it was so before
 *          KVAULT_EBUSY  somebody has the file open; the message says who, as far as the system tells. Nothing was changed
 *          KVAULT_EINVAL  the file system lets programs share no memory, which a log needs. Nothing was changed
 *          KVAULT_EREADONLY, KVAULT_EMOVED, or another failure
 * Source:  SQLite, "PRAGMA journal_mode"; "Write-Ahead Logging", 6.
 */
KVAULT_API int kvault_set_journal (kvault *vault, kvault_journal journal);

/**
 * Switch kvault_options.secure_delete for what the handle deletes from now on.
 *
 * Returns: KVAULT_OK, or a failure
 */
KVAULT_API int kvault_set_secure_delete (kvault *vault, int on);

/**
 * Write zeros over what deleted values left in the file: its free pages, and the gaps in pages that are in use. No byte that means
 * anything changes, so a crash or a cancel at any time leaves the file whole, and so does a second time.
 *
 * It does not reach what is outside of the file: copies, the blocks that a log, a journal or a file of before had on the disk, and
 * what a disk that moves its blocks (an SSD) has kept.
 *
 * @progress  bytes read to check the file, then those of free pages; may be NULL
 *
 * Cost:    reads the file once to check its pages, then its tables' and indexes' pages once more, and writes the free ones. Writers wait
 *          meanwhile, but not for the check. The log is emptied first, for which other handles of this process are asked to let go.
 * Returns: KVAULT_OK
 *          KVAULT_EBUSY     somebody reads or writes, and needs the log; the message says who
 *          KVAULT_ECORRUPT  the file is damaged: it cannot be told what is free
 *          KVAULT_EINVAL    its pages have reserved bytes, which may be checksums
 *          KVAULT_ECANCELLED, KVAULT_EREADONLY, or another failure
 * Source:  SQLite, "Database File Format", 1.3 to 1.6.
 */
KVAULT_API int kvault_wipe (kvault *vault, kvault_progress_func progress, void *progress_data);

/**
 * The small upkeep that is safe at any time: refresh the planner's statistics if the file has some (it makes
 * none: a vault's queries need none, and they would be a new table), and move the log into the main file as far as
 * nobody is in the way. KohakuVault's optimize() is kvault_vacuum().
 */
KVAULT_API int kvault_optimize (kvault *vault);

/** What a check can find. */
typedef enum kvault_finding_kind {
  KVAULT_FINDING_STRUCTURE = 1,   /**< damage: pages contradict each other; SQLite's words */
  KVAULT_FINDING_UNREADABLE = 2,  /**< damage: a value, or its row, cannot be read */
  KVAULT_FINDING_INDEX = 3,       /**< damage: key index and table disagree on a key */
  KVAULT_FINDING_SIZE = 4,        /**< the size column of a V1 table is not the value's size */
  KVAULT_FINDING_KEY_CLASS = 5,   /**< a key that is no blob: KohakuVault cannot reach it */
  KVAULT_FINDING_VALUE_CLASS = 6, /**< a value that is no blob */
  KVAULT_FINDING_HEADER = 7,      /**< a value begins as if with a header that is none, or an unknown one: KohakuVault
                                       cannot read it; here it is raw bytes */
  KVAULT_FINDING_ZEROS = 8,       /**< a value ends in zeros as one does whose writing KohakuVault
                                       broke off; a suspicion only */
  KVAULT_FINDING_ORPHAN = 9,      /**< parts of a large value that no key leads to any more; @entry is the
                                       key that did, if that is known. kvault_reclaim() removes them */
  KVAULT_FINDING_MOVED = 10       /**< the marker of a large value is at another key than it was put: as a rename by a
                                       program that does not know it leaves it. @entry is the new key, whose value
                                       is the marker's 112 bytes until kvault_reclaim() gives the parts to it */
} kvault_finding_kind;

typedef struct kvault_finding {
  kvault_finding_kind kind;
  int is_damage;           /**< nonzero for the first three: something is or may be lost */
  const char *table;       /**< NULL: of the file as a whole */
  const kvault_entry *entry; /**< the key with its id; NULL: none in particular */
  uint64_t offset;         /**< KVAULT_FINDING_ZEROS: where the zeros begin */
  const char *message;     /**< one line for people that names the key */
} kvault_finding;

/** Told of each finding; nonzero ends the check with KVAULT_ECANCELLED. Must not use the handle. */
typedef int (*kvault_finding_func) (const kvault_finding *finding, void *data);

typedef struct kvault_check_result {
  uint64_t keys;           /**< looked at, in all vault tables of the file */
  uint64_t bytes;          /**< of values read; 0 without KVAULT_CHECK_FULL */
  uint64_t findings;
  uint64_t damages;        /**< those of them that are damage */
} kvault_check_result;

enum {
  KVAULT_CHECK_FULL = 1 << 0   /**< read every value, too */
};

/**
 * Look for damage and oddities in the whole file: SQLite's own check of its pages, then every key of every vault
 * table, in the index and in the table, then the parts of large values. Changes nothing; others may read and write
 * meanwhile. Of what waits in the cache it sees nothing. If there is damage, the handle is read-only from then on.
 *
 * A large value that is on its way in is no finding while somebody else has the file open: it may be theirs.
 *
 * Progress: bytes are those of the file (and, with KVAULT_CHECK_FULL, of the values).
 *
 * @flags   KVAULT_CHECK_… or 0
 * @found   may be NULL
 * @result  filled, also as far as a cancelled check came
 *
 * Cost:    reads the file once, with KVAULT_CHECK_FULL twice. The size column of V1 tables lies behind
 *          the value, so in files without page maps it costs reading the values even
 *          without KVAULT_CHECK_FULL. Memory: a bit per page.
 * Returns: KVAULT_OK  looked at everything, whatever was found
 *          KVAULT_ECANCELLED, KVAULT_EBUSY, KVAULT_EIO, KVAULT_ENOMEM
 */
KVAULT_API int kvault_check (kvault *vault, unsigned flags,
                             kvault_finding_func found, void *found_data,
                             kvault_progress_func progress, void *progress_data,
                             kvault_check_result *result);

/** What a disk does with a file; bytes a second, 0: unknown. */
typedef struct kvault_disk {
  uint64_t write_rate, read_rate;
} kvault_disk;

/**
 * Try how fast the disk of the file at @path is: up to 8 MB are written beside it to a file that has no name (O_TMPFILE), and read again. Nothing
 * of it stays, and neither the file nor its folder changes.
 *
 * @disk    set; all 0 if it cannot be measured
 *
 * Thread:  any; no handle is needed.
 * Cost:    a tenth of a second, on a disk of less than 5 MB/s more.
 * Returns: nonzero: measured; 0: the file system has no such files, its folder may not be written to, or has less than 256 MB left
 */
KVAULT_API int kvault_disk_measure (const char *path, kvault_disk *disk);

/** How to compact. */
typedef enum kvault_vacuum_way {
  KVAULT_VACUUM_AUTO = 0,        /**< SWAP; if somebody is in its way, INCREMENTAL where that can be */
  KVAULT_VACUUM_SWAP = 1,        /**< write a new file beside this one, check it, and give it the name: quick, can
                                      be cancelled at any time. Nobody else may have the file open, on all of the
                                      machine; writers wait meanwhile */
  KVAULT_VACUUM_INCREMENTAL = 2, /**< move pages from the end into the free ones, 512 at a time: beside others. Needs page maps; see
                                      kvault_reclaim() */
  KVAULT_VACUUM_IN_PLACE = 3     /**< SQLite's VACUUM: writers wait for all of it, and its second
                                      half, copying back, can be neither watched nor stopped. With a write-ahead log the old pages stay
                                      in the main file until the new ones were compared, and come back if they are not equal, or cannot
                                      be read, and nobody has written since: through the log, for which there must be room
                                      (keeps_old). Where they cannot come back the log is not moved over them. With a rollback
                                      journal no copy of them is kept */
} kvault_vacuum_way;

typedef struct kvault_vacuum_options {
  kvault_vacuum_way way;
  int page_maps;                 /**< nonzero: turn them on (auto_vacuum=INCREMENTAL), so that the end of a large
                                      value is near and space can be given back in steps. Not with
                                      INCREMENTAL */
  const kvault_disk *disk;       /**< for kvault_vacuum_plan(), what the time is reckoned with; NULL: unknown. Not kept */
  kvault_progress_func progress; /**< told the steps, and bytes of each; may be NULL */
  void *progress_data;
} kvault_vacuum_options;

/** What compacting will do and need; estimates but for the first two. */
typedef struct kvault_vacuum_estimate {
  uint64_t file_size;       /**< bytes now, with the log */
  uint64_t live_size;       /**< of them in use */
  uint64_t freed;           /**< bytes given back; what half-empty pages waste comes to it, and cannot be told beforehand */
  kvault_vacuum_way way;    /**< the one meant: the one asked for, or for AUTO the one it would take */
  int possible;             /**< a kvault_result: KVAULT_OK, or why @way cannot be gone now */
  char reason[1024];        /**< the same in one line; with AUTO why not by SWAP; "" if there is none */
  uint64_t disk_needed;     /**< bytes beside the file itself, in its folder */
  uint64_t disk_free;
  uint64_t temporary_needed;/**< the same in the temporary folder (IN_PLACE only) */
  uint64_t temporary_free;
  int disk_enough;          /**< nonzero: there is room, also if both folders are on one disk */
  uint64_t memory_needed;   /**< bytes */
  uint64_t memory_free;     /**< bytes, of the system and within the limits of this process; KVAULT_SIZE_UNKNOWN */
  uint64_t duration_ms;     /**< about, from kvault_vacuum_options.disk; without that what it takes at least, on a fast disk, */
  uint64_t duration_max_ms; /**< and at most, on a slow one; else the same */
  unsigned n_others;        /**< other processes that have the file open, as far as can be seen */
  int64_t pid;              /**< of one of them, or 0 */
  char program[32];         /**< and its name, or "" */
  int temporary_apart;      /**< nonzero: @temporary_needed is of another disk; else it comes to @disk_needed. Two file systems with
                                 exactly as many free bytes are taken for one disk: subvolumes are */
  int keeps_old;            /**< nonzero: what the file is now is kept until what is written was compared with it. IN_PLACE with a log: and
                                 there is room on the disk for it to come back, @live_size and @file_size */
  int log_held;             /**< nonzero: another process reads what was before the log's last pages, so that the log stays for now. AUTO, INCREMENTAL
                                 and IN_PLACE give nothing back before it ends: @freed is 0 and @possible KVAULT_EBUSY, although
                                 kvault_vacuum() would do it, and the log would grow. Moving the log comes first then */
} kvault_vacuum_estimate;

/**
 * Tell beforehand what kvault_vacuum() with the same options would do. Changes nothing. A handle for viewing
 * is told what one for writing could do.
 *
 * Cost:    a look at the processes of the machine, some milliseconds.
 * Returns: KVAULT_OK, KVAULT_EINVAL, or a failure
 */
KVAULT_API int kvault_vacuum_plan (kvault *vault, const kvault_vacuum_options *options,
                                   kvault_vacuum_estimate *estimate);

/** Of what compacting left a person may be certain, since it was looked at. */
#define KVAULT_VERIFIED_PAGES   0x1u   /**< SQLite's quick check of every page of what was written found nothing */
#define KVAULT_VERIFIED_CONTENT 0x2u   /**< every table has as many rows, and every vault as many bytes of values, as before */

/** A file before or after. */
typedef struct kvault_vacuum_side {
  uint64_t main_size, log_size;  /**< bytes on the disk */
  uint64_t free_size;            /**< of the main file's, that hold nothing in use; see kvault_stats.main_free_size */
  uint64_t keys;                 /**< of all vaults in it; KVAULT_SIZE_UNKNOWN if nobody counted them */
} kvault_vacuum_side;

typedef struct kvault_vacuum_result {
  kvault_vacuum_way way;     /**< the one gone */
  unsigned verified;         /**< KVAULT_VERIFIED_…: SWAP both, or it fails. IN_PLACE both; without the second if somebody else wrote
                                  meanwhile, or those that were left if it was cancelled, which is no failure. INCREMENTAL none */
  kvault_vacuum_side before, after;  /**< @after is filled if anything was done */
  uint64_t size_before, size_after;  /**< of the file with its log */
  int verify_cancelled;      /**< nonzero: IN_PLACE was cancelled when it was done: what @verified lacks was not looked at */
  int log_in_use;            /**< nonzero: a reader holds the log, and the file shrinks when it is gone */
  uint64_t freed;            /**< INCREMENTAL: bytes of the pages given back */
  int done;                  /**< nonzero: the file is compacted; a failure is one of what comes after: the log could
                                  not be moved, or the handle could not take the file up again */
} kvault_vacuum_result;

/**
 * Give free pages back and lay values out in one piece.
 *
 * The handle must have no cursor, blob or transaction open; its cache is flushed, and orphaned parts are removed (kvault_orphans_remove()). For SWAP every other handle of this process
 * on the file is asked to let go (kvault_options.let_go) for the moment of the swap; the new file keeps owner, mode,
 * extended attributes and journal mode, and is compared with the old one before it takes its place. Until that
 * moment a cancel, a failure or a kill leaves the file as it was; ".NAME.kvault-compact" beside it, with its "-lock", is what a killed
 * process leaves, and the next kvault_open() for writing or kvault_vacuum() removes it.
 *
 * @options  may be NULL
 * @result   filled, also after a failure: steps done stay done; may be NULL
 *
 * Cost:    see kvault_vacuum_plan(); 24 MB of memory at most.
 * Returns: KVAULT_OK
 *          KVAULT_EBUSY       SWAP: somebody has the file open, the message says who if that is known;
 *                             IN_PLACE and INCREMENTAL: others wrote or read for the whole busy timeout
 *          KVAULT_EPERM       SWAP: the file is not ours, has hard links, or its file system
 *                             has no leases
 *          KVAULT_EFULL       not enough room; looked at before the work begins
 *          KVAULT_ECORRUPT    the file is damaged: salvage, do not compact. Or what was written is not equal to it, and was not used;
 *                             IN_PLACE: with kvault_vacuum_result.done it is what the file is now
 *          KVAULT_EINVAL      INCREMENTAL without page maps
 *          KVAULT_ECANCELLED, KVAULT_EREADONLY, or another failure
 */
KVAULT_API int kvault_vacuum (kvault *vault, const kvault_vacuum_options *options,
                              kvault_vacuum_result *result);

/**
 * Tell a file that was swapped by this process from one that somebody put in its place: both have another inode than before, and an inode's
 * number is used again. Note kvault_swap_count() before a file is looked at with stat(2); later kvault_inode_now() says
 * which inode the same file must have.
 *
 * @device, @inode  as stat(2) gave them
 * @since           kvault_swap_count() of before that
 *
 * @now             set to the inode, which may be the same one again
 *
 * Thread:  any.
 * Returns: swaps of this process so far; nonzero if the file was swapped since
 */
KVAULT_API uint64_t kvault_swap_count (void);
KVAULT_API int kvault_inode_now (uint64_t device, uint64_t inode, uint64_t since, uint64_t *now);

/** What kvault_orphans_remove() did. */
typedef struct kvault_orphans_result {
  uint64_t removed;          /**< values of which there were parts only, and now are none */
  uint64_t bytes;            /**< of those parts; their room is in the file's free pages now */
  uint64_t adopted;          /**< values whose marker another program had moved to another key, where they are now whole */
  uint64_t left;             /**< values that are on their way in, perhaps from another program, and such that seemed to have lost
                                  their marker while others wrote to the file; not touched */
} kvault_orphans_result;

/**
 * Remove parts of large values that no key leads to any more, and give those whose marker was moved to the key it is at
 * now. kvault_reclaim() and kvault_vacuum() begin with it; by itself it serves files without page maps, in which the room is
 * used again. In steps of some 0.1 s, between which others write.
 *
 * A value that is on its way in is another program's until its last part is a day old, or until it is certain that nobody else has the
 * file open. To make certain, this handle lets go of the file for a moment, and asks the others of this process to (kvault_options.let_go);
 * it is done only if there is such a value. The handle must have no cursor, blob, transaction or unfinished large value open.
 *
 * That a marker is nowhere is found by a walk over all rows, behind which another program can move it. So parts whose marker
 * is missing are removed only if nobody else has committed since that walk began; else they are left for another time.
 *
 * @progress  keys are the values dealt with, bytes those of parts removed; may be NULL
 * @result    filled, also after a failure: steps done stay done; may be NULL
 *
 * Cost:    a look-up for each value in parts; if one has lost its marker, a walk over all rows, and if there are
 *          none, nothing.
 * Returns: KVAULT_OK, KVAULT_EREADONLY, KVAULT_EBUSY, KVAULT_ECANCELLED, or another failure
 */
KVAULT_API int kvault_orphans_remove (kvault *vault, kvault_progress_func progress,
                                      void *progress_data, kvault_orphans_result *result);

/**
 * Give free pages back without a new file, in steps between which others write; values are not laid out anew. Then
 * the log is moved. Orphaned parts are removed first, see kvault_orphans_remove(), with a progress of their own.
 *
 * @pages  how many at most; 0: all
 * @freed  set to the number given back, also after a failure: steps done stay done; may be NULL
 *
 * Returns: KVAULT_OK, KVAULT_EINVAL (the file has no page maps: kvault_vacuum() can turn them on), KVAULT_EBUSY, KVAULT_ECANCELLED,
 *          or another failure
 */
KVAULT_API int kvault_reclaim (kvault *vault, uint64_t pages, kvault_progress_func progress,
                               void *progress_data, uint64_t *freed);

/**
 * Write a copy of the whole file as it is at one moment, compacted and compared with it. Others may write meanwhile (a
 * file with a rollback journal keeps writers waiting). The copy appears under its name when it is
 * whole and on the disk. What waits in the cache is flushed first; no cursor, blob or transaction of the handle's may be
 * open. A killed process may leave ".NAME.kvault-compact" beside the target, which goes when another copy is made in that folder, or a vault
 * in it opened for writing, by then; on a network only when the same copy is made again.
 *
 * @target  a path; nothing may be there. It has the rights of the file less the umask, and its journal mode, where a log can be
 *
 * Returns: KVAULT_OK
 *          KVAULT_EEXIST    there is something at @target, or a log or journal that would be taken for the copy's
 *          KVAULT_EINVAL    the name ends in "-wal", "-shm" or "-journal": SQLite would take it for the log of another file, and delete it
 *          KVAULT_EFULL     no room for it; nothing was left there
 *          KVAULT_ENOENT, KVAULT_EREADONLY  the target's folder is not there or cannot be written
 *          KVAULT_ECORRUPT  this file is damaged; salvage it
 *          KVAULT_ECANCELLED, or another failure. If @target is there after one that is not KVAULT_EEXIST, it is
 *          whole, but a power cut may lose its name: its folder could not be written to the disk
 */
KVAULT_API int kvault_backup (kvault *vault, const char *target, kvault_progress_func progress,
                              void *progress_data);

/**
 * A whole file on its way to a name that may be taken: made elsewhere, by kvault_backup() or by whatever makes a database, and given the
 * name when it is done. What had the name till then is replaced only while nobody has it open on this machine, which a write lease proves (fcntl(2),
 * F_SETLEASE): what is written to a file whose name is gone would be lost, and its log would be read with the new one. A failure or a kill at any
 * moment leaves the old file or the new one whole under the name. A killed process may leave the folder ".NAME.kvault-new" beside it, which goes as
 * what kvault_backup() leaves does, by the same user. If another file came to the name in the moment before, and the process is killed in the next, that file is
 * "NAME.kept-1" then.
 *
 * One thread at a time; none of the vault's.
 */
typedef struct kvault_new_file kvault_new_file;

/** What is in the way. */
typedef enum kvault_hindrance {
  KVAULT_HINDRANCE_NONE = 0,           /**< or a failure of the system */
  KVAULT_HINDRANCE_NO_FILE = 1,        /**< a folder, link, pipe or device has the name */
  KVAULT_HINDRANCE_NAMES = 2,          /**< the file has other names, too (hard links), which would stay with the old content */
  KVAULT_HINDRANCE_OPEN = 3,           /**< this program or another one has it open */
  KVAULT_HINDRANCE_UNKNOWN = 4,        /**< whether others have it open cannot be told: its file system gives no leases, or it is another user's */
  KVAULT_HINDRANCE_LOG = 5,            /**< there is a log or journal beside the name, which would be read with the new file */
  KVAULT_HINDRANCE_IN_THE_MAKING = 6,  /**< somebody else makes it just now */
  KVAULT_HINDRANCE_ANOTHER = 7,        /**< a file came to the name meanwhile, or is there and was not to be replaced */
  KVAULT_HINDRANCE_NO_EXCHANGE = 8,    /**< the file system cannot exchange two names */
  KVAULT_HINDRANCE_UNFINISHED = 9,     /**< the new file was closed with a part of it in its log, as on a full disk */
  KVAULT_HINDRANCE_STUCK = 10,         /**< the file that had the name could not get it back; see kvault_new_file_path() */
  KVAULT_HINDRANCE_UNSYNCED = 11,      /**< all is done, but the folder could not be written to the disk: a power cut may lose the name */
  KVAULT_HINDRANCE_NAME = 12           /**< the name ends in "-wal", "-shm" or "-journal": SQLite would take it for the log of another file */
} kvault_hindrance;

/** @target: a path, perhaps of a link to the file. Looks at nothing. NULL: no memory */
KVAULT_API kvault_new_file *kvault_new_file_new (const char *target);

/**
 * See that the name can be had, as far as that can be known beforehand, and make a place.
 *
 * @replace  nonzero: a file that is there may be replaced
 *
 * Returns: KVAULT_OK, or why not, see kvault_new_file_hindrance() and kvault_new_file_error()
 */
KVAULT_API int kvault_new_file_begin (kvault_new_file *file, int replace);

/** Where to make it, in the same file system; nothing is there. It ends in the name, and failures tell of that alone. After KVAULT_HINDRANCE_STUCK:
    where the file is that had the name. Borrowed until the next call. */
KVAULT_API const char *kvault_new_file_path (const kvault_new_file *file);

/**
 * It is whole and closed: write it to the disk and give it the name. If it takes another file's place it gets that one's mode, owner,
 * access list and extended attributes, as far as this user may give them: where the group is one that may not be given, the rights of the group and
 * the list are left out. (Mandatory labels are those of the folder where they may not be set.) The times are the new file's.
 *
 * Cost:    fsync() of the file and its folder; to replace one, 20 ms in which whoever opens it waits
 * Returns: KVAULT_OK, or why not. Nothing has changed under the name then, unless it is KVAULT_HINDRANCE_STUCK or
 *          KVAULT_HINDRANCE_UNSYNCED. What had the name for a moment (somebody opened the old file, or a third one came) is given
 *          up: KVAULT_EINVAL from then on; free it and begin anew
 */
KVAULT_API int kvault_new_file_finish (kvault_new_file *file);

/** Of the last failure; borrowed until the next call. */
KVAULT_API const kvault_error *kvault_new_file_error (const kvault_new_file *file);
KVAULT_API kvault_hindrance kvault_new_file_hindrance (const kvault_new_file *file);
/** Of KVAULT_HINDRANCE_OPEN: one that has it open, as far as the system tells; pid 0: it does not, or it is this process. Borrowed. */
KVAULT_API const kvault_holder *kvault_new_file_holder (const kvault_new_file *file);

/** What was made and not finished is removed. NULL: nothing happens */
KVAULT_API void kvault_new_file_free (kvault_new_file *file);

/**
 * Give the table in use the newer shape, KVAULT_SECTION_V2, if it has the older: one transaction. The size column goes, and with it
 * the need of twice a value's size in memory to write it; and the second index over the keys, which is a plain duplicate. KohakuVault 0.6 and later then
 * writes to the table, earlier versions do not any more. Keys, values and row ids stay as they are, values in parts too, and so does every other
 * table; kohakuvault_meta is made if it is not there. A kill or a failure at any moment leaves the old table.
 *
 * Values are not looked into: one that begins with the bytes 89 4B is raw in the older shape, and in the newer one KohakuVault takes
 * it for one with a header. kvault_check() names such keys.
 *
 * Others may read meanwhile (with a rollback journal not all the time), writers wait. Their handles on the table, and others of this process,
 * must be opened again to write. The handle must have no cursor, blob or transaction open; its cache is
 * flushed. kvault_sections() tells the new shape in the list it gave before.
 *
 * @progress  keys and bytes of values copied; may be NULL
 *
 * Cost:    copies the table, at the speed of a bulk import and as durable; some MB of memory. Disk: the size of the table, twice that
 *          where it is logged (others have the file open, or it is under 64 MB), and once more with secure_delete; looked at
 *          beforehand. The room of the old table goes to the free pages, for kvault_vacuum() or kvault_reclaim() to
 *          give back.
 * Returns: KVAULT_OK         also if it has the newer shape already
 *          KVAULT_EBUSY      others write, or read and would not end; or the work is done, but the file could not return to its write-ahead
 *                            log yet, see kvault_bulk_end(): kvault_table_kind() tells
 *          KVAULT_EFULL      no room for it
 *          KVAULT_EREADONLY  also if a view or trigger in the file speaks of the table
 *          KVAULT_ECORRUPT   the table is damaged: salvage it
 *          KVAULT_ECANCELLED, or another failure
 */
KVAULT_API int kvault_convert (kvault *vault, kvault_progress_func progress, void *progress_data);

/**
 * Takes what kvault_salvage() saves. Each returns 0 to go on; nonzero ends the salvage with KVAULT_ECANCELLED. They must not use the
 * handle.
 */
typedef struct kvault_salvage_sink {
  /** A key comes. Its class tells if it is no blob; KVAULT_CLASS_NULL: not even the key can be read, only
      @entry->id is known. @entry->value_size is KVAULT_SIZE_UNKNOWN if that is unknown. */
  int (*begin) (const kvault_entry *entry, void *data);
  /** The next bytes of its value. */
  int (*write) (const void *bytes, size_t len, void *data);
  /** It is over. @result KVAULT_OK: the value was given whole; else it could not be read, or no further, and @message
      says why in one line: what came is not the value. */
  int (*end) (int result, const char *message, void *data);
  void *data;
} kvault_salvage_sink;

typedef struct kvault_salvage_result {
  uint64_t saved;          /**< keys whose values were given whole */
  uint64_t bytes;          /**< of them */
  uint64_t lost;           /**< keys, or rows of unknown key, that were named but not saved */
} kvault_salvage_result;

/**
 * Read everything that can be read of the table in use in a damaged file: by the table and, where that is
 * broken, by the index of the keys; around broken pages from both sides. Each key comes once, in no order. Changes nothing.
 *
 * Open the file with KVAULT_ACCESS_SALVAGE, which also opens files that are cut short. A key whose every trace was on lost
 * pages is not named: nobody knows of it. Nor can it be told that a value's bytes are those once stored.
 *
 * @result  filled, also as far as a cancelled salvage came; may be NULL
 *
 * Returns: KVAULT_OK  whatever was lost
 *          KVAULT_ECANCELLED, KVAULT_EBUSY, KVAULT_EIO, KVAULT_ENOMEM
 */
KVAULT_API int kvault_salvage (kvault *vault, const kvault_salvage_sink *sink,
                               kvault_salvage_result *result);

#ifdef __cplusplus
}
#endif

#endif /* KVAULT_H */
