"""Check an order request before anything is signed: a bad one raises `InvalidOrder` here, never at the venue."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

import msgspec

from futures_async.trading.ordering import LIMIT, MARKET, TRIGGER
from futures_async.transport.dialect import VenueTraits
from futures_async.unified.convert import chosen, chosen_or_none, is_multiple, multiply, to_decimal, to_text
from futures_async.unified.enums import Intent, MarginMode, OrderType, PriceSource, Side, TimeInForce
from futures_async.unified.errors import InvalidOrder, InvalidRequest
from futures_async.unified.models import Contract, OrderRequest, Stop
from futures_async.unified.symbols import check_symbol


def positive(value: object, name: str) -> Decimal:
    """A caller's number above 0.

    Raises:
        TypeError: It is a float, or no number type.
        InvalidOrder: It is no plain number, or not above 0.
    """
    try:
        number = to_decimal(value, name)  # type: ignore[arg-type]
    except InvalidRequest as error:
        raise InvalidOrder(str(error)) from None
    if number <= 0:
        raise InvalidOrder(f"{name} must be above 0, not {to_text(number)}")
    return number


def positive_or_none(value: object, name: str) -> Decimal | None:
    """`positive` where None leaves it open."""
    return None if value is None else positive(value, name)


def as_request(given: object) -> OrderRequest:
    """What a caller gives as an order.

    Raises:
        InvalidOrder: It is none; says what is.
    """
    if isinstance(given, OrderRequest):
        return given
    what = "a list of them" if isinstance(given, (list, tuple)) else f"a {type(given).__name__}"
    fields = "**order" if isinstance(given, dict) else "symbol=…, side=…, type=…, quantity=…"
    raise InvalidOrder(f"an order is given as OrderRequest({fields}), not as {what}")


def _placeable(given: object, *, trigger: bool) -> OrderType:
    """An order type that can be placed by the call in question, or a real one that is refused with its reason.

    Raises:
        InvalidOrder: It is no word for any.
    """
    if isinstance(given, OrderType):
        return given
    words = (OrderType.TRIGGER,) if trigger else (OrderType.LIMIT, OrderType.MARKET)
    try:
        return OrderType(given)  # type: ignore[arg-type]
    except ValueError:
        raise InvalidOrder(f"type must be {' or '.join(words)}, not {str(given)[:40]!r}") from None


def check_request(request: OrderRequest, *, trigger: bool = False) -> OrderRequest:
    """The same request with Decimal numbers and words of their enums, or `InvalidOrder` that says what is wrong.

    Raises:
        TypeError: A number is a float.
        InvalidOrder: See the message.
    """
    request = as_request(request)
    kind = _placeable(request.type, trigger=trigger)
    fields = _fields_of(request)
    read: dict[str, Any] = {} if kind is request.type else {"type": kind}
    try:
        check_symbol(request.symbol)
        for (name, check), given in zip(_CHECKS, fields, strict=True):
            if given is not None and (value := check(given, name)) is not given:
                read[name] = value
    except InvalidOrder:
        raise
    except InvalidRequest as error:
        raise InvalidOrder(str(error)) from None
    if None in fields[:3]:
        raise InvalidOrder(f"{_CHECKS[fields.index(None)][0]} is missing")
    if read:  # mostly all of it is what it should be
        request = msgspec.structs.replace(request, **read)
    price, trigger_price, force = request.price, request.trigger_price, request.time_in_force
    if trigger:
        if kind is not TRIGGER or trigger_price is None:
            raise InvalidOrder("a trigger order needs type=OrderType.TRIGGER and a trigger_price")
    elif kind is TRIGGER:
        raise InvalidOrder("an order of type trigger is placed by create_trigger_order")
    elif kind is not LIMIT and kind is not MARKET:
        raise InvalidOrder(f"no order of type {kind.value} can be placed: such a one comes from the venue alone")
    elif trigger_price is not None:
        raise InvalidOrder("trigger_price belongs to create_trigger_order")
    if request.trigger_by is not None and trigger_price is None:
        raise InvalidOrder("trigger_by says what trigger_price is compared with: give both")
    if kind is LIMIT and price is None:
        raise InvalidOrder("a limit order needs a price")
    if kind is MARKET:
        if price is not None:
            raise InvalidOrder("a market order takes no price: use a limit order with time_in_force=IOC")
        if force not in (None, TimeInForce.IOC, TimeInForce.FOK):
            raise InvalidOrder(f"a market order cannot be {force}")
    return request


def as_stop(given: object, name: str) -> Stop:
    """A take-profit or stop-loss, given as its trigger price or as a `Stop`, with Decimal numbers.

    Raises:
        TypeError: A number is a float.
        InvalidOrder: See the message.
    """
    stop = _stop(given, name)
    return stop if isinstance(stop, Stop) else Stop(stop)


def _stop(given: object, name: str) -> Decimal | Stop:
    if not isinstance(given, Stop):
        return positive(given, name)
    if given.price is None:  # pyright: ignore[reportUnnecessaryComparison] - callers without types
        raise InvalidOrder(f"{name} needs a price")
    price = positive(given.price, f"{name}.price")
    try:
        trigger_by = chosen_or_none(PriceSource, given.trigger_by, f"{name}.trigger_by")
    except InvalidRequest as error:
        raise InvalidOrder(str(error)) from None
    return Stop(price, trigger_by, positive_or_none(given.limit_price, f"{name}.limit_price"))


_CHECKS: tuple[tuple[str, Callable[[Any, str], object]], ...] = (
    ("side", partial(chosen, Side)),
    ("intent", partial(chosen, Intent)),
    ("quantity", positive),
    ("time_in_force", partial(chosen, TimeInForce)),
    ("margin_mode", partial(chosen, MarginMode)),
    ("trigger_by", partial(chosen, PriceSource)),
    ("price", positive),
    ("trigger_price", positive),
    ("leverage", positive),
    ("take_profit", _stop),
    ("stop_loss", _stop),
)
"""How each field is read that is no text, in the order in which they are complained of. The first three are needed."""
_fields_of: Callable[[OrderRequest], tuple[Any, ...]] = attrgetter(*(name for name, _ in _CHECKS))


def make_client_order_id() -> str:
    """A fresh id, legal at every venue: 96 random bits, never time or a seeded generator."""
    return "fa" + os.urandom(12).hex()


def check_client_order_id(client_order_id: str, traits: VenueTraits) -> str:
    """Return the id when the venue takes it and no URL or header can be bent by it."""
    if not re.fullmatch(traits.client_id_pattern, client_order_id):
        raise InvalidOrder(f"client_order_id must match {traits.client_id_pattern}")
    return client_order_id


def contracts_of(request: OrderRequest, contract: Contract) -> Decimal | None:
    """How many contracts an order is, of those that are worth a fixed amount of quote coin; None of all others.

    Raises:
        InvalidOrder: That would follow from a price that nobody knows yet.
    """
    if contract.contract_value is None:
        return None
    price = request.price or request.trigger_price
    if price is None:
        raise InvalidOrder(
            f"a contract of {contract.symbol} is worth {to_text(contract.contract_value)} {contract.quote}: how many a "
            "market order in base coin is follows from a price that is not known before; place a limit order with "
            "time_in_force=IOC"
        )
    return contract.exact_contracts(to_decimal(request.quantity, "quantity"), to_decimal(price, "price"))


def check_steps(request: OrderRequest, contract: Contract, *, whole: bool = False) -> None:
    """Refuse what the contract's rules refuse: nothing is rounded behind the caller's back.

    Args:
        request: Checked before.
        contract: Its rules.
        whole: The quantity is what the venue has reported of a position: it may lie off the step.
    """
    if not whole or contract.contract_value is None:
        _check_size(request, contract, whole=whole)
    closing = request.intent is Intent.CLOSE
    if contract.min_notional is not None and request.type is OrderType.LIMIT and request.price and not closing:
        notional = multiply(request.quantity, request.price)
        if notional < contract.min_notional:
            raise InvalidOrder(
                f"the order is worth {to_text(notional)} {contract.quote}, under the minimum "
                f"{to_text(contract.min_notional)} of {contract.symbol}; only intent=Intent.CLOSE may be smaller"
            )
    prices = {"price": request.price, "trigger_price": request.trigger_price}
    for name, stop in request.attached.items():
        prices |= {name: stop.price, f"{name}.limit_price": stop.limit_price}
    for name, price in prices.items():
        if price is not None and not is_multiple(price, step := contract.price_step(price)):
            raise InvalidOrder(
                f"{name} {to_text(price)} is off the tick {to_text(step)} of {contract.symbol}; "
                "contract.round_price() helps"
            )


def _check_size(request: OrderRequest, contract: Contract, *, whole: bool) -> None:
    """In base coin, or in contracts where they are worth a fixed amount of quote coin."""
    contracts = contracts_of(request, contract)
    size = request.quantity if contracts is None else contracts
    named = (
        to_text(request.quantity) if contracts is None else f"{to_text(request.quantity)} ({to_text(size)} contracts)"
    )
    helps = "contract.round_quantity() helps" if contracts is None else "contract.quantity_of(contracts, price) helps"
    if not whole and not is_multiple(size, contract.quantity_step):
        raise InvalidOrder(
            f"quantity {named} is off the step {to_text(contract.quantity_step)} of {contract.symbol}; {helps}"
        )
    most = contract.max_market_quantity if request.type is OrderType.MARKET else contract.max_quantity
    if most is not None and size > most:
        raise InvalidOrder(
            f"quantity {named} is over {to_text(most)}, the largest {request.type} order of "
            f"{contract.symbol}: place it in parts, as close_position and OrderManager.submit_sliced do"
        )
    if contract.min_quantity is not None and size < contract.min_quantity and request.intent is not Intent.CLOSE:
        raise InvalidOrder(
            f"quantity {named} is under the minimum {to_text(contract.min_quantity)} of {contract.symbol}"
        )


def check_id(name: str, value: object) -> str:
    """An id that names one order: an empty one would mean "all" at some venues and is never sent.

    Raises:
        InvalidRequest: Empty, blank, "0", not text, or with characters that no id has.
    """
    if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Za-z_:.#+\-]{1,64}", value) or value == "0":
        raise InvalidRequest(f"{name} must be the id of one order, not {value!r}")
    return value


def several_ids(order_ids: Iterable[str], client_order_ids: Iterable[str]) -> list[tuple[str | None, str | None]]:
    """One usable id for each of several orders, the venue's own first.

    Raises:
        InvalidRequest: One is not an id, or a single id stands where several are taken: each of its characters would
            be one.
    """
    for name, given in (("order_ids", order_ids), ("client_order_ids", client_order_ids)):
        if isinstance(given, str):
            raise InvalidRequest(f"{name} takes several ids, in a list, not {given[:70]!r}")
    return [*(one_id(order_id, None) for order_id in order_ids), *(one_id(None, name) for name in client_order_ids)]


def one_id(order_id: str | None, client_order_id: str | None) -> tuple[str | None, str | None]:
    """Exactly one usable id, the venue's own first.

    Raises:
        InvalidRequest: None given, or one that is not an id.
    """
    if order_id is None and client_order_id is None:
        raise InvalidRequest("give order_id or client_order_id")
    if order_id is not None:
        return check_id("order_id", order_id), None
    return None, check_id("client_order_id", client_order_id)
