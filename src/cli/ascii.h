/*
 * UTF-8 for terminals that show ASCII only. Pure.
 */
#ifndef TAUPE_CLI_ASCII_H
#define TAUPE_CLI_ASCII_H

#include "base/buf.h"

/* Every letter becomes one ASCII character, without its accent where it has
 * one, so that columns stay; what is like none of them becomes '?'. */
void ascii_fold(struct buf *text);

#endif
