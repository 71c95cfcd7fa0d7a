/* lzo.c */
#include "codec/codec.h"
