/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The two hash functions the Journal File Format names: SipHash-2-4 keyed with
 * the file's id places data in the hash tables; Bob Jenkins' lookup3 makes the
 * xor_hash of an entry, which must be the same in every file.
 */

#include <stddef.h>
#include <stdint.h>

uint64_t siphash24(const void *data, size_t size, const uint8_t key[16]);
/* The same of eight bytes and the data that belong behind them. */
uint64_t siphash24_behind(const char first[8], const void *data, size_t size, const uint8_t key[16]);
uint64_t jenkins_hash64(const void *data, size_t size);
