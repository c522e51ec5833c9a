#include "wire/envelope.h"

#include <endian.h>
#include <string.h>

/* Where the fields are; all are little-endian. */
enum {
    AT_VERSION = 0,
    AT_FLAGS = 1,
    AT_INDEX = 2,
    AT_ORDINAL = 4,
    AT_TXID = 8,
    AT_BODY_LEN = 12,
    AT_ATTACHMENT_COUNT = 16,
    AT_RESERVED = 18,
};

static void put_u16(unsigned char *at, uint16_t value)
{
    value = htole16(value);
    memcpy(at, &value, sizeof(value));
}

static void put_u32(unsigned char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
}

static uint16_t get_u16(const unsigned char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return le16toh(value);
}

static uint32_t get_u32(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

void envelope_write(const struct envelope *envelope, unsigned char ret_bytes[ENVELOPE_BYTES])
{
    memset(ret_bytes, 0, ENVELOPE_BYTES);
    ret_bytes[AT_VERSION] = ENVELOPE_VERSION;
    put_u16(ret_bytes + AT_INDEX, envelope->index);
    put_u32(ret_bytes + AT_ORDINAL, envelope->ordinal);
    put_u32(ret_bytes + AT_TXID, envelope->txid);
    put_u32(ret_bytes + AT_BODY_LEN, envelope->body_len);
    put_u16(ret_bytes + AT_ATTACHMENT_COUNT, envelope->attachment_count);
}

static size_t packets_for(size_t items, size_t packet_room)
{
    return (items + packet_room - 1) / packet_room;
}

/* A message without body and descriptors is one packet too. */
static size_t packet_count(const struct envelope *envelope)
{
    size_t count = packets_for(envelope->body_len, ENVELOPE_PACKET_BODY);
    size_t for_descriptors = packets_for(envelope->attachment_count, ENVELOPE_PACKET_DESCRIPTORS);
    count = for_descriptors > count ? for_descriptors : count;
    return count > 0 ? count : 1;
}

const char *envelope_read(const unsigned char *bytes, size_t len, struct envelope *ret)
{
    if (len < ENVELOPE_BYTES) {
        return "a packet shorter than its envelope";
    }
    if (bytes[AT_VERSION] != ENVELOPE_VERSION) {
        return "an envelope of another version";
    }
    if (bytes[AT_FLAGS] != 0 || get_u16(bytes + AT_RESERVED) != 0) {
        return "an envelope with reserved bits set";
    }
    struct envelope envelope = {
        .ordinal = get_u32(bytes + AT_ORDINAL),
        .txid = get_u32(bytes + AT_TXID),
        .body_len = get_u32(bytes + AT_BODY_LEN),
        .attachment_count = get_u16(bytes + AT_ATTACHMENT_COUNT),
        .index = get_u16(bytes + AT_INDEX),
    };
    if (envelope.index >= packet_count(&envelope)) {
        return "a packet beyond the end of its message";
    }
    *ret = envelope;
    return NULL;
}

static size_t part_of(size_t total, size_t start, size_t room)
{
    size_t left = start < total ? total - start : 0;
    return left < room ? left : room;
}

struct envelope_part envelope_part(const struct envelope *envelope)
{
    struct envelope_part part = {
        .body_start = envelope->index * ENVELOPE_PACKET_BODY,
        .attachment_start = (size_t)envelope->index * ENVELOPE_PACKET_DESCRIPTORS,
        .last = envelope->index + (size_t)1 >= packet_count(envelope),
    };
    part.body_len = part_of(envelope->body_len, part.body_start, ENVELOPE_PACKET_BODY);
    part.attachment_count =
        part_of(envelope->attachment_count, part.attachment_start, ENVELOPE_PACKET_DESCRIPTORS);
    return part;
}

bool envelope_same_message(const struct envelope *a, const struct envelope *b)
{
    return a->ordinal == b->ordinal && a->txid == b->txid && a->body_len == b->body_len &&
           a->attachment_count == b->attachment_count;
}
