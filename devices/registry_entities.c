/* registry_entities.c - entities: written by discovery and import, chosen over by the user, read by filters.
 */
#include "registry.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "inference/text.h"
#include "registry_rows.h"

/* ---- writing ---- */

static int64_t row_by(struct registry *registry, int slot, const char *sql, const char *text)
{
    sqlite3_stmt *s = db_statement(registry, slot, sql, NULL);
    if (s == NULL)
        return 0;
    sqlite3_bind_text(s, 1, text, -1, SQLITE_STATIC);
    int64_t id = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return id;
}

int64_t reg_entity_row(struct registry *registry, const char *entity_id)
{
    return row_by(registry, DB_ENTITY_BY_ID, "SELECT id FROM entities WHERE entity_id = ?", entity_id);
}

int64_t reg_entity_by_key(struct registry *registry, const char *unique_key)
{
    return row_by(registry, DB_ENTITY_BY_KEY, "SELECT id FROM entities WHERE unique_key = ?", unique_key);
}

void reg_adopt_entity(struct registry *registry, const char *old_key, const char *unique_key)
{
    sqlite3_stmt *s = db_statement(registry, DB_ENTITY_ADOPT,
        "UPDATE OR IGNORE entities SET unique_key = ?2 WHERE unique_key = ?1", NULL);
    if (s == NULL)
        return;
    sqlite3_bind_text(s, 1, old_key, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, unique_key, -1, SQLITE_STATIC);
    db_run(registry, s, NULL);
}

enum reg_origin reg_origin(const char *unique_key)
{
    static const struct {
        const char *prefix;
        enum reg_origin origin;
    } prefixes[] = {{"mqtt:", REG_ORIGIN_MQTT}, {"topic:", REG_ORIGIN_MQTT}, {"file:", REG_ORIGIN_FILE},
        {"home_assistant:", REG_ORIGIN_HOME_ASSISTANT}};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(unique_key, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0)
            return prefixes[i].origin;
    return REG_ORIGIN_IMPORT;
}

const char *reg_origin_name(enum reg_origin origin)
{
    switch (origin) {
    case REG_ORIGIN_MQTT:
        return "mqtt";
    case REG_ORIGIN_FILE:
        return "file";
    case REG_ORIGIN_HOME_ASSISTANT:
        return "home_assistant";
    case REG_ORIGIN_IMPORT:
        break;
    }
    return "import";
}

/* domain.object_id in Home Assistant's letters: lower case, digits, underscores. */
static void slug(char *out, size_t size, const char *domain, const char *name)
{
    int at = snprintf(out, size, "%s.", domain);
    size_t len = at < 0 || (size_t)at >= size ? size - 1 : (size_t)at, start = len;
    for (const char *p = name; *p != '\0' && len + 1 < size; p++) {
        if (isalnum((unsigned char)*p))
            out[len++] = (char)tolower((unsigned char)*p);
        else if (len > start && out[len - 1] != '_')
            out[len++] = '_';
    }
    while (len > start && out[len - 1] == '_')
        len--;
    if (len == start)
        len += (size_t)snprintf(out + len, size - len, "unnamed");
    out[len] = '\0';
}

/* The wished entity_id, or the next free one: _2, _3, ... */
static void free_entity_id(struct registry *registry, const struct reg_entity_in *in, char *out, size_t size)
{
    char wish[HOME_NAME_MAX + 1];
    if (in->entity_id != NULL && in->entity_id[0] != '\0')
        snprintf(wish, sizeof wish, "%s", in->entity_id);
    else
        slug(wish, sizeof wish, in->domain, in->name != NULL ? in->name : "");
    snprintf(out, size, "%s", wish);
    for (unsigned n = 2; reg_entity_row(registry, out) != 0; n++)
        snprintf(out, size, "%.*s_%u", HOME_NAME_MAX - 11, wish, n);
}

static void bind_optional(sqlite3_stmt *s, int index, const char *text)
{
    if (text != NULL)
        sqlite3_bind_text(s, index, text, -1, SQLITE_STATIC);
}

static enum san_status insert_entity(
    struct registry *registry, const struct reg_entity_in *in, int64_t *id, struct san_error *err)
{
    char entity_id[HOME_NAME_MAX + 1];
    free_entity_id(registry, in, entity_id, sizeof entity_id);
    sqlite3_stmt *s = db_statement(registry, DB_ENTITY_INSERT,
        "INSERT INTO entities(unique_key, entity_id, name, domain, device_class, hidden, config, state, "
        "attributes)"
        " VALUES (?1, ?2, ?3, ?4, coalesce(?5, ''), ?6, coalesce(?7, ''), coalesce(?8, ''), coalesce(?9, "
        "'{}'))",
        err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, in->unique_key, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, entity_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, in->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 4, in->domain, -1, SQLITE_STATIC);
    bind_optional(s, 5, in->device_class);
    sqlite3_bind_int(s, 6, in->hidden);
    bind_optional(s, 7, in->config);
    bind_optional(s, 8, in->state);
    bind_optional(s, 9, in->attributes);
    enum san_status status = db_run(registry, s, err);
    *id = sqlite3_last_insert_rowid(registry->db);
    return status;
}

static enum san_status update_entity(
    struct registry *registry, const struct reg_entity_in *in, int64_t id, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_ENTITY_UPDATE,
        "UPDATE entities SET name = coalesce(?2, name), domain = coalesce(?3, domain),"
        " device_class = coalesce(?4, device_class), hidden = ?5, config = coalesce(?6, config),"
        " state = coalesce(?7, state), attributes = coalesce(?8, attributes) WHERE id = ?1",
        err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    bind_optional(s, 2, in->name);
    bind_optional(s, 3, in->domain);
    bind_optional(s, 4, in->device_class);
    sqlite3_bind_int(s, 5, in->hidden);
    bind_optional(s, 6, in->config);
    bind_optional(s, 7, in->state);
    bind_optional(s, 8, in->attributes);
    return db_run(registry, s, err);
}

static enum san_status put_name(
    struct registry *registry, int64_t id, const char *name, bool is_new, struct san_error *err)
{
    char norm[REG_NORM_MAX];
    enum san_status status = reg_norm("entity name", name, true, norm, err);
    if (status != SAN_OK)
        return status;
    if (is_new)
        return reg_name_insert(registry, REG_ENTITY, id, name, norm, false, err);
    sqlite3_stmt *s = db_statement(registry, DB_NAME_RENAME,
        "UPDATE names SET text = ?2, norm = ?3 WHERE entity_id = ?1 AND is_alias = 0 AND text <> ?2", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, norm, -1, SQLITE_STATIC);
    registry->generation++;
    return db_run(registry, s, err);
}

static enum san_status suggest_area(
    struct registry *registry, int64_t id, const char *area, struct san_error *err)
{
    int64_t area_id = 0;
    enum san_status status = reg_put_area(registry, area, 0, &area_id, err);
    if (status != SAN_OK)
        return status;
    sqlite3_stmt *s = db_statement(
        registry, DB_ENTITY_AREA, "UPDATE entities SET area_id = ?2 WHERE id = ?1 AND area_by_user = 0", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, area_id);
    return db_run(registry, s, err);
}

static enum san_status check_entity(const struct reg_entity_in *in, bool is_new, struct san_error *err)
{
    if (in->unique_key == NULL || in->unique_key[0] == '\0')
        return san_fail(err, SAN_EINVAL, "an entity without a key: its unique_key is empty");
    if (strlen(in->unique_key) > HOME_KEY_MAX)
        return san_fail(err, SAN_ELIMIT, "entity '%.80s...': unique_key longer than %d bytes", in->unique_key,
            HOME_KEY_MAX);
    if (is_new && (in->domain == NULL || in->domain[0] == '\0' || in->name == NULL))
        return san_fail(
            err, SAN_EINVAL, "entity '%.80s': a new one needs a domain and a name", in->unique_key);
    if (in->domain != NULL && strlen(in->domain) > 40)
        return san_fail(err, SAN_ELIMIT, "entity '%.80s': domain longer than 40 bytes", in->unique_key);
    if (in->entity_id != NULL && strlen(in->entity_id) > HOME_NAME_MAX)
        return san_fail(
            err, SAN_ELIMIT, "entity_id '%.40s...': longer than %d bytes", in->entity_id, HOME_NAME_MAX);
    if (in->config != NULL && strlen(in->config) > HOME_CONFIG_MAX)
        return san_fail(err, SAN_ELIMIT, "entity '%.80s': configuration longer than %d bytes", in->unique_key,
            HOME_CONFIG_MAX);
    return SAN_OK;
}

/* Writes the row of that id, or a new one where it is 0. */
static enum san_status put_row(
    struct registry *registry, const struct reg_entity_in *in, int64_t *row, struct san_error *err)
{
    bool is_new = *row == 0;
    enum san_status status = check_entity(in, is_new, err);
    if (status == SAN_OK)
        status = reg_begin(registry, err);
    if (status != SAN_OK)
        return status;
    status = is_new ? insert_entity(registry, in, row, err) : update_entity(registry, in, *row, err);
    if (status == SAN_OK && in->name != NULL)
        status = put_name(registry, *row, in->name, is_new, err);
    if (status == SAN_OK && in->area != NULL && in->area[0] != '\0')
        status = suggest_area(registry, *row, in->area, err);
    registry->generation++;
    return reg_end(registry, status, err);
}

enum san_status reg_put_entity(
    struct registry *registry, const struct reg_entity_in *in, int64_t *out, struct san_error *err)
{
    int64_t id = in->unique_key == NULL ? 0 : reg_entity_by_key(registry, in->unique_key);
    enum san_status status = put_row(registry, in, &id, err);
    if (out != NULL)
        *out = id;
    return status;
}

enum san_status reg_restore_entity(struct registry *registry, const struct reg_entity_in *in,
    char entity_id[HOME_NAME_MAX + 1], struct san_error *err)
{
    int64_t id = reg_entity_row(registry, in->entity_id);
    if (id != 0) /* one that was imported without its key */
        reg_adopt_entity(registry, in->entity_id, in->unique_key);
    else
        id = reg_entity_by_key(registry, in->unique_key);
    enum san_status status = put_row(registry, in, &id, err);
    if (status != SAN_OK)
        return status;
    sqlite3_stmt *s =
        db_statement(registry, DB_ENTITY_ID_OF, "SELECT entity_id FROM entities WHERE id = ?", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    snprintf(entity_id, HOME_NAME_MAX + 1, "%s", found ? (const char *)sqlite3_column_text(s, 0) : "");
    sqlite3_reset(s);
    if (in->area != NULL && in->area[0] != '\0')
        status = reg_set_area(registry, entity_id, in->area, err);
    if (status == SAN_OK && in->hidden)
        status = reg_set_exposed(registry, entity_id, false, err);
    return status;
}

enum san_status reg_remove_entity(struct registry *registry, const char *unique_key, struct san_error *err)
{
    sqlite3_stmt *s =
        db_statement(registry, DB_ENTITY_DELETE, "DELETE FROM entities WHERE unique_key = ?", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, unique_key, -1, SQLITE_STATIC);
    registry->generation++;
    return db_run(registry, s, err);
}

enum san_status reg_forget_entity(struct registry *registry, const char *entity_id, struct san_error *err)
{
    if (reg_entity_row(registry, entity_id) == 0)
        return reg_no_such(registry, REG_ENTITY, entity_id, err);
    sqlite3_stmt *s =
        db_statement(registry, DB_ENTITY_FORGET, "DELETE FROM entities WHERE entity_id = ?", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_text(s, 1, entity_id, -1, SQLITE_STATIC);
    registry->generation++;
    return db_run(registry, s, err);
}

enum san_status reg_set_state(
    struct registry *registry, int64_t id, const char *state, const char *attributes, struct san_error *err)
{
    sqlite3_stmt *s = db_statement(registry, DB_ENTITY_STATE,
        "UPDATE entities SET state = ?2, attributes = coalesce(?3, attributes) WHERE id = ?1", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_text(s, 2, state, -1, SQLITE_STATIC);
    bind_optional(s, 3, attributes);
    return db_run(registry, s, err);
}

enum san_status reg_set_available(
    struct registry *registry, int64_t id, bool available, struct san_error *err)
{
    sqlite3_stmt *s =
        db_statement(registry, DB_ENTITY_AVAILABLE, "UPDATE entities SET available = ?2 WHERE id = ?1", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int(s, 2, available);
    return db_run(registry, s, err);
}

/* Those that have that name or alias: how many, up to three; the first two are written out. */
static int find_named(struct registry *registry, const char *norm, int64_t *id, char *ids, size_t size)
{
    sqlite3_stmt *s = db_statement(registry, DB_ENTITY_NAMED,
        "SELECT DISTINCT e.id, e.entity_id FROM names n JOIN entities e ON e.id = n.entity_id"
        " WHERE n.norm = ? ORDER BY e.entity_id LIMIT 3",
        NULL);
    int count = 0;
    size_t at = 0;
    if (s == NULL)
        return 0;
    sqlite3_bind_text(s, 1, norm, -1, SQLITE_STATIC);
    for (; sqlite3_step(s) == SQLITE_ROW; count++) {
        *id = sqlite3_column_int64(s, 0);
        if (count < 2 && at < size)
            at += (size_t)snprintf(
                ids + at, size - at, "%s%s", count ? ", " : "", (const char *)sqlite3_column_text(s, 1));
    }
    sqlite3_reset(s);
    return count;
}

enum san_status reg_entity_meant(
    struct registry *registry, const char *text, int64_t *id, struct san_error *err)
{
    char norm[REG_NORM_MAX], ids[2 * HOME_NAME_MAX + 4];
    *id = reg_entity_row(registry, text);
    if (*id != 0)
        return SAN_OK;
    bool named = reg_norm("name", text, false, norm, NULL) == SAN_OK;
    int count = named ? find_named(registry, norm, id, ids, sizeof ids) : 0;
    if (count == 0)
        return reg_no_such(registry, REG_ENTITY, text, err);
    if (count > 1)
        return san_fail(err, SAN_EINVAL, "'%.80s' is the name of several (%s%s): say which by its id", text,
            ids, count > 2 ? ", ..." : "");
    return SAN_OK;
}

enum san_status reg_set_exposed(
    struct registry *registry, const char *entity, bool exposed, struct san_error *err)
{
    int64_t id;
    enum san_status status = reg_entity_meant(registry, entity, &id, err);
    if (status != SAN_OK)
        return status;
    sqlite3_stmt *s = db_statement(
        registry, DB_ENTITY_EXPOSED, "UPDATE entities SET exposed_by_user = ?2 WHERE id = ?1", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int(s, 2, exposed);
    registry->generation++;
    return db_run(registry, s, err);
}

enum san_status reg_set_area(
    struct registry *registry, const char *entity, const char *area, struct san_error *err)
{
    int64_t id;
    enum san_status status = reg_entity_meant(registry, entity, &id, err);
    if (status != SAN_OK)
        return status;
    bool none = area == NULL || area[0] == '\0';
    int64_t area_id = none ? 0 : reg_find_area(registry, area);
    if (!none && area_id == 0)
        return reg_no_such(registry, REG_AREA, area, err);
    sqlite3_stmt *s = db_statement(registry, DB_ENTITY_USER_AREA,
        "UPDATE entities SET area_id = nullif(?2, 0), area_by_user = 1 WHERE id = ?1", err);
    if (s == NULL)
        return SAN_EIO;
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, area_id);
    registry->generation++;
    return db_run(registry, s, err);
}

size_t reg_entity_count(struct registry *registry)
{
    sqlite3_stmt *s = db_statement(registry, DB_ENTITY_COUNT, "SELECT count(*) FROM entities", NULL);
    if (s == NULL)
        return 0;
    size_t count = sqlite3_step(s) == SQLITE_ROW ? (size_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return count;
}

/* ---- reading ---- */

/* One bit a condition: its SQL, in the order of the bits, is joined by AND; each combination is one cached
 * statement. */
enum {
    BY_ID = 1,
    BY_ENTITY_ID = 2,
    BY_NAME = 4,
    BY_AREA = 8,
    BY_FLOOR = 16,
    BY_DOMAIN = 32,
    BY_CLASS = 64,
    BY_EXPOSED = 128,
    BY_SEARCH = 256,
    BY_DOMAINS = 512,
    CONDITIONS = 10,
    BY_FEW = BY_ID | BY_ENTITY_ID | BY_NAME | BY_AREA | BY_FLOOR | BY_SEARCH, /* leave few of thousands */
    BY_KIND = BY_DOMAIN | BY_DOMAINS | BY_CLASS,
};
static const char *const conditions[CONDITIONS] = {
    "e.id = ?1",
    "e.entity_id = ?2",
    "e.id IN (SELECT entity_id FROM names WHERE norm = ?3 AND entity_id IS NOT NULL)",
    "e.area_id = ?4",
    "e.area_id IN (SELECT id FROM areas WHERE floor_id = ?5)",
    "e.domain = ?6",
    "e.device_class = ?7",
    "coalesce(e.exposed_by_user, NOT e.hidden)",
    "e.id IN (SELECT n.entity_id FROM search JOIN names n ON n.id = search.rowid WHERE search MATCH ?9)",
    "e.domain IN (SELECT value FROM json_each(?8))",
};

struct query {
    unsigned mask;
    int64_t area, floor;
    char name[REG_NORM_MAX];
    char search[2 * REG_NORM_MAX];
    bool impossible; /* an area, floor or name that does not exist: no rows */
};

/* kit lig -> "kit"* "lig"* : every word begins a word of the name. */
static void fts_query(char *out, size_t size, const char *norm)
{
    size_t len = 0;
    for (const char *p = norm; *p != '\0' && len + 8 < size;) {
        size_t word = strcspn(p, " ");
        int wrote = snprintf(out + len, size - len, "\"%.*s\"* ", (int)word, p);
        len += wrote > 0 ? (size_t)wrote : 0;
        p += word;
        p += strspn(p, " ");
    }
    out[len < size ? len : size - 1] = '\0';
}

static void plan(struct registry *registry, const struct reg_filter *filter, struct query *query)
{
    char norm[REG_NORM_MAX];
    *query = (struct query){0};
    query->mask |= filter->id != 0 ? BY_ID : 0;
    query->mask |= filter->entity_id != NULL ? BY_ENTITY_ID : 0;
    query->mask |= filter->domain != NULL ? BY_DOMAIN : 0;
    query->mask |= filter->domains != NULL ? BY_DOMAINS : 0;
    query->mask |= filter->device_class != NULL ? BY_CLASS : 0;
    query->mask |= filter->exposed_only ? BY_EXPOSED : 0;
    if (filter->name != NULL) {
        query->mask |= BY_NAME;
        query->impossible |= reg_norm("name", filter->name, false, query->name, NULL) != SAN_OK;
    }
    if (filter->area != NULL) {
        query->mask |= BY_AREA;
        query->impossible |= (query->area = reg_find_area(registry, filter->area)) == 0;
    }
    if (filter->floor != NULL) {
        query->mask |= BY_FLOOR;
        query->impossible |= (query->floor = reg_find_floor(registry, filter->floor)) == 0;
    }
    if (filter->search != NULL) {
        query->mask |= BY_SEARCH;
        query->impossible |= reg_norm("search", filter->search, false, norm, NULL) != SAN_OK;
        if (!query->impossible)
            fts_query(query->search, sizeof query->search, norm);
    }
}

/* What is asked of the rows. */
struct reading {
    int slot; /* of its statements, the first */
    const char *select, *end;
};
static const struct reading all_rows = {DB_ENTITIES,
    "SELECT e.id, e.entity_id, e.name, e.domain, e.device_class, e.area_id, a.name, f.name, e.state,"
    " e.attributes, e.config, coalesce(e.exposed_by_user, NOT e.hidden), e.available, e.unique_key"
    " FROM entities e LEFT JOIN areas a ON a.id = e.area_id LEFT JOIN floors f ON f.id = a.floor_id",
    " ORDER BY e.entity_id"};
static const struct reading any_row = {DB_HAS_ENTITIES, "SELECT 1 FROM entities e", " LIMIT 1"};

static sqlite3_stmt *prepare(struct registry *registry, const struct reading *reading,
    const struct reg_filter *filter, const struct query *query, struct san_error *err)
{
    char sql[1536];
    int len = snprintf(sql, sizeof sql, "%s", reading->select);
    const char *join = " WHERE ";
    for (unsigned i = 0; i < CONDITIONS; i++)
        if (query->mask & 1u << i) {
            /* "+": not to be looked up in an index. SQLite takes the thousands of lights first otherwise */
            bool looked_up = !(1u << i & BY_KIND) || !(query->mask & BY_FEW);
            len += snprintf(
                sql + len, sizeof sql - (size_t)len, "%s%s%s", join, looked_up ? "" : "+", conditions[i]);
            join = " AND ";
        }
    snprintf(sql + len, sizeof sql - (size_t)len, "%s", reading->end);
    sqlite3_stmt *s = db_statement(registry, reading->slot + (int)query->mask, sql, err);
    if (s == NULL)
        return NULL;
    const struct {
        unsigned bit;
        const char *text;
    } texts[] = {{BY_ENTITY_ID, filter->entity_id}, {BY_NAME, query->name}, {BY_DOMAIN, filter->domain},
        {BY_CLASS, filter->device_class}, {BY_SEARCH, query->search}, {BY_DOMAINS, filter->domains}};
    static const int index[] = {2, 3, 6, 7, 9, 8};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (query->mask & texts[i].bit)
            sqlite3_bind_text(s, index[i], texts[i].text, -1, SQLITE_STATIC);
    if (query->mask & BY_ID)
        sqlite3_bind_int64(s, 1, filter->id);
    if (query->mask & BY_AREA)
        sqlite3_bind_int64(s, 4, query->area);
    if (query->mask & BY_FLOOR)
        sqlite3_bind_int64(s, 5, query->floor);
    return s;
}

static enum san_status read_row(struct registry *registry, sqlite3_stmt *s, struct san_arena *arena,
    struct home_entity *e, struct san_error *err)
{
    *e = (struct home_entity){
        .id = sqlite3_column_int64(s, 0),
        .entity_id = db_text(arena, s, 1),
        .name = db_text(arena, s, 2),
        .domain = db_text(arena, s, 3),
        .device_class = db_text(arena, s, 4),
        .area_id = sqlite3_column_int64(s, 5),
        .area = db_text(arena, s, 6),
        .floor = db_text(arena, s, 7),
        .state = db_text(arena, s, 8),
        .attributes = db_text(arena, s, 9),
        .config = db_text(arena, s, 10),
        .exposed = sqlite3_column_int(s, 11) != 0,
        .available = sqlite3_column_int(s, 12) != 0,
        .unique_key = db_text(arena, s, 13),
    };
    if (e->unique_key == NULL || e->entity_id == NULL || e->name == NULL || e->domain == NULL ||
        e->device_class == NULL || e->area == NULL || e->floor == NULL || e->state == NULL ||
        e->attributes == NULL || e->config == NULL)
        return san_fail(err, SAN_ENOMEM, "out of memory");
    return reg_aliases(registry, REG_ENTITY, e->id, arena, &e->aliases, &e->alias_count, err);
}

enum san_status reg_entities(struct registry *registry, const struct reg_filter *filter,
    struct san_arena *arena, struct home_entity **out, size_t *count, struct san_error *err)
{
    struct query query;
    *out = NULL;
    *count = 0;
    plan(registry, filter, &query);
    if (query.impossible)
        return SAN_OK;
    sqlite3_stmt *s = prepare(registry, &all_rows, filter, &query, err);
    if (s == NULL)
        return SAN_EIO;
    enum san_status status = SAN_OK;
    int step;
    while (status == SAN_OK && (step = sqlite3_step(s)) == SQLITE_ROW) {
        struct home_entity *rows = reg_grow(arena, *out, *count, sizeof **out);
        if (rows == NULL) {
            status = san_fail(err, SAN_ENOMEM, "out of memory");
            break;
        }
        *out = rows;
        status = read_row(registry, s, arena, &rows[(*count)++], err);
    }
    if (status == SAN_OK && step != SQLITE_DONE)
        status = db_fail(registry, "reading entities", err);
    sqlite3_reset(s);
    return status;
}

bool reg_has_entities(struct registry *registry, const struct reg_filter *filter)
{
    struct query query;
    plan(registry, filter, &query);
    sqlite3_stmt *s = query.impossible ? NULL : prepare(registry, &any_row, filter, &query, NULL);
    bool any = s != NULL && sqlite3_step(s) == SQLITE_ROW;
    if (s != NULL)
        sqlite3_reset(s);
    return any;
}
