/* version.h - the order of versions */
#ifndef FW_ANALYZERS_VERSION_H
#define FW_ANALYZERS_VERSION_H

#include "core/view.h"

/*
 * Negative, 0, positive as a is older than, the same as, newer than b. Runs of
 * digits compare as numbers, what is between them letter by letter; letters
 * come before other characters and '~' before everything, the end included. So
 * 1.0~rc1 < 1.0 < 1.0a < 1.0.1, and 0.9.8g < 0.9.8zh < 0.10.
 *
 * Source: deb-version(7), verrevcmp() of dpkg
 */
int version_compare(struct fw_view a, struct fw_view b);

#endif
