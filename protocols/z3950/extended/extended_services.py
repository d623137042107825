"""Extended services (Z39.50-2003, 3.2.9): a task that is done at once, and its package.

A task runs in the transaction that answers it, whatever the origin is ready to wait for. Task
packages go back in the response; none is kept except persistent result sets, so none can be found
in IR-Extend-1, and those of other services cannot be changed or deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from circulation.kernel.organisation import desk_at
from protocols.hosting.answering import Context, Lane
from protocols.z3950.association import Answer, Association
from protocols.z3950.codec import MalformedMessage, encode_value, read_value
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.extended.item_orders import order_item, read_order
from protocols.z3950.extended.once import given_before, insertion_key, keep
from protocols.z3950.extended.persistent_sets import (
    CREATE,
    DELETE,
    MODIFY,
    keep_result_set,
    prepare_keeping,
)
from protocols.z3950.extended.task_results import Done, OperationStatus, TaskStatus
from protocols.z3950.extended.updating import INSERT, update_records
from protocols.z3950.messages.building_blocks import DiagRec
from protocols.z3950.messages.extended_services import (
    ExtendedServicesRequest,
    ExtendedServicesResponse,
)
from protocols.z3950.messages.packages import (
    ItemOrderRequest,
    PersistentSetRequest,
    TaskPackage,
    UpdateRequest,
)
from protocols.z3950.settings import Account
from protocols.z3950.wire.asn1 import External, SingleAsn1Type
from protocols.z3950.wire.ber import identifier_of

#: The syntax of task packages.
ES_SYNTAX: Final = "1.2.840.10003.5.106"

#: `waitAction`; with the last the origin does not want the package.
_WAIT_ACTIONS: Final = frozenset({1, 2, 3, 4})
_DO_NOT_RETURN: Final = 4

#: The alternatives of a package type: the request's and the response's.
_ES_REQUEST: Final = identifier_of(1, constructed=True)
_TASK_PACKAGE: Final = identifier_of(2, constructed=True)

#: What a service does with its parameters: first, in the reactor, what needs the association, then
#: the rest in a transaction.
_Work = Callable[[Context, Any], Done]


def _prepare_update(
    request: ExtendedServicesRequest, parameters: UpdateRequest, caller: Association
) -> _Work:
    return lambda context, desk: update_records(parameters, caller, context, desk)


def _prepare_item_order(
    request: ExtendedServicesRequest, parameters: ItemOrderRequest, caller: Association
) -> _Work:
    def work(context: Context, desk: Any) -> Done:
        order = read_order(parameters, request.user_id, caller, context.transaction)
        return order_item(order, context, desk)

    return work


def _prepare_persistent_set(
    request: ExtendedServicesRequest, parameters: PersistentSetRequest, caller: Association
) -> _Work:
    keeping = prepare_keeping(request, parameters, caller)
    return lambda context, desk: keep_result_set(keeping, context)


class _Service(NamedTuple):
    """A package type: its class, who may ask for it, what is done, its functions, and whether it is
    done in the name of a branch."""

    parameters: type
    is_allowed: Callable[[Account], bool]
    prepare: Callable[..., _Work]
    functions: frozenset[int] = frozenset({CREATE})
    needs_branch: bool = True


_UPDATE: Final = _Service(UpdateRequest, lambda account: account.may_update, _prepare_update)
_ITEM_ORDER: Final = _Service(
    ItemOrderRequest, lambda account: account.may_order, _prepare_item_order
)
_PERSISTENT_SET: Final = _Service(
    PersistentSetRequest,
    lambda account: account.may_keep_sets,
    _prepare_persistent_set,
    frozenset({CREATE, DELETE, MODIFY}),
    needs_branch=False,
)
#: Update under its second and third identifiers, which have the same parameters, item order, and
#: persistent result sets.
_SERVICES: Final[dict[str, _Service]] = {
    "1.2.840.10003.9.5.1": _UPDATE,
    "1.2.840.10003.9.5.1.1": _UPDATE,
    "1.2.840.10003.9.4": _ITEM_ORDER,
    "1.2.840.10003.9.1": _PERSISTENT_SET,
}


@dataclass(frozen=True, slots=True)
class _Task:
    """A task that may be done, and for whom."""

    account: Account
    work: _Work
    needs_branch: bool
    inserts: bool


def prepare_service(
    request: ExtendedServicesRequest, caller: Association
) -> tuple[Lane, Callable[[Context], Answer]]:
    """Checks all that needs no database, and returns the task."""
    try:
        task = _task(request, caller)
    except Refused as error:
        refused = error  # the name in an except clause does not outlive it
        return Lane.READ, lambda context: failed_service(caller, refused)
    return Lane.WRITE, lambda context: _perform(request, task, caller, context)


def failed_service(caller: Association, refused: Refused) -> Answer:
    diagnostics: list[DiagRec] = [diagnostic(refused, caller.version)]
    return Answer(ExtendedServicesResponse(OperationStatus.FAILURE, diagnostics))


def _task(request: ExtendedServicesRequest, caller: Association) -> _Task:
    service = _SERVICES.get(request.package_type)
    if service is None or not any(map(service.is_allowed, caller.settings.accounts)):
        raise Refused(Bib1.SERVICE_TYPE_UNSUPPORTED, request.package_type)
    account = caller.account
    if account is None or not service.is_allowed(account):
        raise Refused(Bib1.NOT_AUTHORISED_FOR_SERVICE, account.user if account else "")
    if request.function not in service.functions:
        raise Refused(Bib1.PACKAGE_FUNCTION_UNSUPPORTED, str(request.function))
    if request.wait_action not in _WAIT_ACTIONS:
        raise Refused(Bib1.WAIT_ACTION_UNSUPPORTED, str(request.wait_action))
    parameters = _parameters(request, service)
    inserts = isinstance(parameters, UpdateRequest) and parameters.to_keep.action == INSERT
    work = service.prepare(request, parameters, caller)
    return _Task(account, work, service.needs_branch, inserts)


def _parameters(request: ExtendedServicesRequest, service: _Service) -> object:
    external = request.task_specific_parameters
    if external is None:
        if request.function == DELETE:  # the name of the package says it all
            return service.parameters()
        raise Refused(Bib1.PACKAGE_PARAMETER_MISSING, "taskSpecificParameters")
    if external.direct_reference not in (None, request.package_type):
        raise Refused(Bib1.PACKAGE_OID_UNSUPPORTED, external.direct_reference or "")
    encoding = external.encoding
    octets = encoding if isinstance(encoding, bytes) else encoding.value
    try:
        return read_value(service.parameters, octets, _ES_REQUEST)
    except MalformedMessage as error:
        raise Refused(Bib1.MALFORMED_APDU, str(error)) from error


def _perform(
    request: ExtendedServicesRequest, task: _Task, caller: Association, context: Context
) -> Answer:
    account = task.account
    desk = desk_at(context.transaction, account.branch, actor=account.user, device="Z39.50")
    if desk is None and task.needs_branch:
        return failed_service(caller, Refused(Bib1.NOT_AUTHORISED_FOR_SERVICE, account.branch))
    key = insertion_key(request, account) if task.inserts else None
    if key is not None and (given := given_before(key, context)) is not None:
        return Answer(given)
    try:
        done = task.work(context, desk)
    except Refused as refused:
        return failed_service(caller, refused)
    diagnostics: list[DiagRec] | None = None
    if done.refused is not None:
        diagnostics = [diagnostic(done.refused, caller.version)]
    response = ExtendedServicesResponse(
        OperationStatus.DONE if done.refused is None else OperationStatus.FAILURE, diagnostics
    )
    if request.wait_action != _DO_NOT_RETURN:
        response.task_package = _package(request, done, diagnostics, context)
    if key is not None and done.inserted:
        keep(key, response, done.inserted, context)
    return Answer(response, dict(done.result_sets))


def _package(
    request: ExtendedServicesRequest,
    done: Done,
    diagnostics: list[DiagRec] | None,
    context: Context,
) -> External:
    """The task package, as it would be found if it were kept."""
    parameters = External(
        SingleAsn1Type(encode_value(done.package, _TASK_PACKAGE)),
        direct_reference=request.package_type,
    )
    package = TaskPackage(
        request.package_type,
        TaskStatus.COMPLETE if done.refused is None else TaskStatus.ABORTED,
        parameters,
        package_name=done.name,
        user_id=request.user_id,
        description=request.description,
        creation_date_time=context.now.strftime("%Y%m%d%H%M%SZ"),
        package_diagnostics=diagnostics,
    )
    return External(SingleAsn1Type(encode_value(package)), direct_reference=ES_SYNTAX)
