/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/undo.h"

#include <string.h>

void undo_arm(Undo *u, uint64_t commit, const FileHeader *header, uint64_t limit) {
        u->n = 0;
        u->header = *header;
        u->limit = limit;
        u->high = limit;
        store_order();
        u->armed_at = commit;
        store_order();
}

static bool undo_fits(const Undo *u, const uint8_t *map, uint64_t map_size) {
        const FileHeader *h = (const FileHeader *)map;

        if (map_size < sizeof(FileHeader) || u->n > UNDO_MAX)
                return false;
        if (u->limit < sizeof(FileHeader) || u->limit > u->high || u->high > map_size)
                return false;
        if (memcmp(&h->file_id, &u->header.file_id, sizeof(Id128)) != 0)
                return false;

        for (size_t i = 0; i < u->n; i++) {
                uint64_t offset = u->records[i].offset & ~UNDO_ZERO_FLAG;
                uint64_t size =
                        u->records[i].offset & UNDO_ZERO_FLAG ? u->records[i].value : sizeof(uint64_t);

                if (offset < sizeof(FileHeader) || offset > u->limit || size > u->limit - offset)
                        return false;
        }

        return true;
}

bool undo_roll_back(const Undo *u, uint8_t *map, uint64_t map_size) {
        FileHeader *h = (FileHeader *)map;
        uint64_t arena_size;
        uint8_t state;

        if (!undo_fits(u, map, map_size))
                return false;

        for (size_t i = u->n; i-- > 0;) {
                const UndoRecord *record = &u->records[i];

                if (record->offset & UNDO_ZERO_FLAG)
                        memset(map + (record->offset & ~UNDO_ZERO_FLAG), 0, record->value);
                else
                        memcpy(map + record->offset, &record->value, sizeof(record->value));
        }

        memset(map + u->limit, 0, u->high - u->limit);

        /* What the file was given in space it keeps. */
        arena_size = h->arena_size;
        state = h->state;
        *h = u->header;
        h->arena_size = arena_size;
        h->state = state;
        return true;
}
