/* protocol.c: the tables of protocols, disconnects and errors. */

#include "protocol.h"

const struct disconnect_row disconnects[DISCONNECTS] = {
#define DISCONNECT(name, code, reason, ...) [DISCONNECT_##name] = { code, reason },
#include "table/disconnects.def"
#undef DISCONNECT
};

const struct protocol protocols[WS_PROTOCOLS] = {
#define PROTOCOL(name, label, is_websocket, encoding, ops, ...)                                    \
	[WS_##name] = { label, ENCODING_##encoding, is_websocket, &ops },
#include "table/protocols.def"
#undef PROTOCOL
};

static const struct ws_error_row ws_errors[] = {
#define WS_ERROR(name, number, message, temporary, ...) { number, message, temporary },
#include "table/ws_errors.def"
#undef WS_ERROR
};

const struct ws_error_row *ws_error_row(enum ws_error error)
{
	for (size_t i = 0; i < COUNT_OF(ws_errors); i++) {
		if (ws_errors[i].number == (int)error)
			return &ws_errors[i];
	}
	return &ws_errors[0];
}
