/* record.h - one list declares a fixed on-disk header
 *
 * A list is a macro LIST(U, B): U(type, name, doc) is an integer of type u8,
 * u16, u24, u32 or u64, B(length, name, doc) is raw bytes. FW_RECORD(T, LIST)
 * makes struct T, T_SIZE (bytes on disk) and T_read(). Width is in the record,
 * byte order in the cursor, so one list serves both ends.
 */
#ifndef FW_CORE_RECORD_H
#define FW_CORE_RECORD_H

#include "core/cursor.h"

typedef uint8_t FW_T_u8;
typedef uint16_t FW_T_u16;
typedef uint32_t FW_T_u24;
typedef uint32_t FW_T_u32;
typedef uint64_t FW_T_u64;
enum { FW_N_u8 = 1, FW_N_u16 = 2, FW_N_u24 = 3, FW_N_u32 = 4, FW_N_u64 = 8 };

/* clang-format off */
#define FW_U_FIELD(t, n, doc) FW_T_##t n;
#define FW_B_FIELD(k, n, doc) uint8_t n[k];
#define FW_U_RAW(t, n, doc) uint8_t n[FW_N_##t];
#define FW_U_READ(t, n, doc) r->n = fw_##t(c);
#define FW_B_READ(k, n, doc) fw_copy(c, r->n, k);
#define FW_RECORD(T, LIST)                                                     \
	struct T { LIST(FW_U_FIELD, FW_B_FIELD) };                             \
	struct T##_raw { LIST(FW_U_RAW, FW_B_FIELD) };                         \
	enum { T##_SIZE = sizeof(struct T##_raw) };                            \
	static inline void T##_read(struct fw_cursor *c, struct T *r)          \
	{                                                                      \
		LIST(FW_U_READ, FW_B_READ)                                     \
	}
/* clang-format on */

#endif
