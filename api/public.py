"""The routes that anybody may call; every other names a permission, or the app does not start.

Conversations are public but not open: each asks for its own bearer token.
"""

from __future__ import annotations

from typing import Final

PUBLIC: Final = frozenset(
    {
        # pages
        "GET /",
        "GET /help",
        "GET /login",
        "POST /login",
        "GET /login/link/{token}",
        "POST /login/link/{token}",
        "POST /logout",
        "GET /static/{path:path}",
        # conversations: the token of the conversation is asked for in the route
        "POST /api/v1/conversations",
        "POST /api/v1/conversations/{conversation_id}/messages",
        "GET /api/v1/conversations/{conversation_id}/messages",
        "POST /api/v1/conversations/{conversation_id}/attachments",
        "GET /api/v1/conversations/{conversation_id}/attachments",
        "DELETE /api/v1/conversations/{conversation_id}/attachments/{attachment_id}",
        "POST /api/v1/conversations/{conversation_id}/uploads",
        "HEAD /api/v1/conversations/{conversation_id}/uploads/{upload_id}",
        "PUT /api/v1/conversations/{conversation_id}/uploads/{upload_id}",
        "DELETE /api/v1/conversations/{conversation_id}/uploads/{upload_id}",
        "PUT /api/v1/conversations/{conversation_id}/seen",
        "GET /api/v1/conversations/{conversation_id}/events",
        # partners: the signature is checked in the route
        "POST /channels/sms/twilio",
        "POST /channels/sms/twilio/status",
        "POST /channels/sms/gateway",
        # a Rasa server: the token is checked in the route, and without one set they are closed
        "POST /rasa/webhook",
        "POST /rasa/model/parse",
        "POST /rasa/nlg",
        # operations; /metrics asks for a key in production
        "GET /livez",
        "GET /readyz",
        "GET /metrics",
        # what the product promises, for programs
        "GET /openapi.json",
        "GET /schemas/{name}.v1.json",
        # demo only
        "POST /demo/replay",
        "GET /demo/replay",
    }
)
