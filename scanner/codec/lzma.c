/* lzma.c */
#include "codec/codec.h"
