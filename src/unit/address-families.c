/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/address-families.h"

#include <sys/socket.h>

#define FAMILY(name)                                                                                         \
        { #name, name }

static const struct {
        const char *name;
        int family;
} families[] = {
        FAMILY(AF_UNIX),    FAMILY(AF_LOCAL),      FAMILY(AF_FILE),   FAMILY(AF_INET),   FAMILY(AF_INET6),
        FAMILY(AF_NETLINK), FAMILY(AF_ROUTE),      FAMILY(AF_PACKET), FAMILY(AF_ALG),    FAMILY(AF_APPLETALK),
        FAMILY(AF_ASH),     FAMILY(AF_ATMPVC),     FAMILY(AF_ATMSVC), FAMILY(AF_AX25),   FAMILY(AF_BLUETOOTH),
        FAMILY(AF_BRIDGE),  FAMILY(AF_CAIF),       FAMILY(AF_CAN),    FAMILY(AF_DECnet), FAMILY(AF_ECONET),
        FAMILY(AF_IB),      FAMILY(AF_IEEE802154), FAMILY(AF_IPX),    FAMILY(AF_IRDA),   FAMILY(AF_ISDN),
        FAMILY(AF_IUCV),    FAMILY(AF_KCM),        FAMILY(AF_KEY),    FAMILY(AF_LLC),    FAMILY(AF_MPLS),
        FAMILY(AF_NETBEUI), FAMILY(AF_NETROM),     FAMILY(AF_NFC),    FAMILY(AF_PHONET), FAMILY(AF_PPPOX),
        FAMILY(AF_QIPCRTR), FAMILY(AF_RDS),        FAMILY(AF_ROSE),   FAMILY(AF_RXRPC),  FAMILY(AF_SECURITY),
        FAMILY(AF_SMC),     FAMILY(AF_SNA),        FAMILY(AF_TIPC),   FAMILY(AF_VSOCK),  FAMILY(AF_WANPIPE),
        FAMILY(AF_X25),     FAMILY(AF_XDP),
};

int address_family_from_string(const char *s) {
        for (size_t i = 0; i < ELEMENTSOF(families); i++)
                if (str_equal(families[i].name, s))
                        return families[i].family;
        return -1;
}

const char *address_family_to_string(int family) {
        for (size_t i = 0; i < ELEMENTSOF(families); i++)
                if (families[i].family == family)
                        return families[i].name;
        return NULL;
}

AddressFamilies address_families_resolve(char *const *words) {
        AddressFamilies f = { .allow = words && words[0] && words[0][0] != '~' };

        STRV_FOREACH (w, words) {
                bool denied = (*w)[0] == '~';
                int family = address_family_from_string(*w + denied);

                if (family < 0 || family >= ADDRESS_FAMILY_LIMIT)
                        continue;
                if (denied == f.allow)
                        f.set &= ~(UINT64_C(1) << family);
                else
                        f.set |= UINT64_C(1) << family;
        }
        return f;
}
