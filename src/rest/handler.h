/* handler.h: the handler of all resource routes. */

#ifndef HANDLER_H
#define HANDLER_H

#include "http.h"

/* run() of a route whose row is a struct mounted. */
void handler_run(struct request *request);

#endif
