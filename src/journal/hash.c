/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/hash.h"

#include <string.h>

static uint64_t rotl64(uint64_t x, unsigned n) {
        return x << n | x >> (64 - n);
}

static uint32_t rotl32(uint32_t x, unsigned n) {
        return x << n | x >> (32 - n);
}

static uint64_t load64(const void *p) {
        uint64_t v;

        memcpy(&v, p, sizeof(v));
        return v;
}

static uint32_t load32(const void *p) {
        uint32_t v;

        memcpy(&v, p, sizeof(v));
        return v;
}

typedef struct Sip {
        uint64_t a, b, c, d;
} Sip;

static inline void sip_round(Sip *s) {
        s->a += s->b;
        s->c += s->d;
        s->b = rotl64(s->b, 13) ^ s->a;
        s->d = rotl64(s->d, 16) ^ s->c;
        s->a = rotl64(s->a, 32);
        s->c += s->b;
        s->a += s->d;
        s->b = rotl64(s->b, 17) ^ s->c;
        s->d = rotl64(s->d, 21) ^ s->a;
        s->c = rotl64(s->c, 32);
}

static inline void sip_word(Sip *s, uint64_t m) {
        s->d ^= m;
        sip_round(s);
        sip_round(s);
        s->a ^= m;
}

static inline Sip sip_begin(const uint8_t key[16]) {
        uint64_t k0 = load64(key), k1 = load64(key + 8);

        return (Sip){ k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                      k1 ^ 0x7465646279746573 };
}

/* `total`: with what went before. */
static inline uint64_t sip_end(Sip s, const uint8_t *p, size_t size, size_t total) {
        const uint8_t *end = p + (size & ~(size_t)7);
        uint64_t last = (uint64_t)total << 56;

        for (; p < end; p += 8)
                sip_word(&s, load64(p));
        for (size_t i = 0; i < (size & 7); i++)
                last |= (uint64_t)p[i] << (8 * i);
        sip_word(&s, last);

        s.c ^= 0xff;
        for (int i = 0; i < 4; i++)
                sip_round(&s);
        return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t siphash24(const void *data, size_t size, const uint8_t key[16]) {
        return sip_end(sip_begin(key), data, size, size);
}

uint64_t siphash24_behind(const char first[8], const void *data, size_t size, const uint8_t key[16]) {
        Sip s = sip_begin(key);

        sip_word(&s, load64(first));
        return sip_end(s, data, size, size + 8);
}

uint64_t jenkins_hash64(const void *data, size_t size) {
        uint32_t a = 0xdeadbeef + (uint32_t)size, b = a, c = a;
        const uint8_t *p = data;
        uint8_t rest[12] = { 0 };

        for (; size > 12; size -= 12, p += 12) {
                a += load32(p);
                b += load32(p + 4);
                c += load32(p + 8);
                a = (a - c) ^ rotl32(c, 4), c += b;
                b = (b - a) ^ rotl32(a, 6), a += c;
                c = (c - b) ^ rotl32(b, 8), b += a;
                a = (a - c) ^ rotl32(c, 16), c += b;
                b = (b - a) ^ rotl32(a, 19), a += c;
                c = (c - b) ^ rotl32(b, 4), b += a;
        }

        if (size > 0) {
                memcpy(rest, p, size);
                a += load32(rest);
                b += load32(rest + 4);
                c += load32(rest + 8);
                c = (c ^ b) - rotl32(b, 14);
                a = (a ^ c) - rotl32(c, 11);
                b = (b ^ a) - rotl32(a, 25);
                c = (c ^ b) - rotl32(b, 16);
                a = (a ^ c) - rotl32(c, 4);
                b = (b ^ a) - rotl32(a, 14);
                c = (c ^ b) - rotl32(b, 24);
        }

        return (uint64_t)c << 32 | b;
}
