/* codec.c - see codec.h */
#include "codec/codec.h"
