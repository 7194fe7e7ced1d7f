/* handler.h: the handler of all resource routes. */

#ifndef HANDLER_H
#define HANDLER_H

#include "http.h"

/* A route's run(); its row is the mounted endpoint. */
void handler_run(struct request *request);

#endif
