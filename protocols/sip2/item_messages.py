"""The messages about items: 17 to 20, 11 and 12, 09 and 10, 29 and 30."""

from dataclasses import field

from protocols.sip2 import fields as f


@f.message("17")
class ItemInformation:
    transaction_date: f.Date
    institution_id: f.AO
    item_identifier: f.AB
    terminal_password: f.AC | None = field(default=None, repr=False)
    compares: f.QC | None = None


@f.message("18")
class ItemInformationResponse:
    circulation_status: f.Text2
    security_marker: f.Text2
    fee_type: f.Text2
    transaction_date: f.Date
    item_identifier: f.AB
    title_identifier: f.AJ
    hold_queue_length: f.CF | None = None
    due_date: f.AH | None = None
    recall_date: f.CJ | None = None
    hold_pickup_date: f.CM | None = None
    owner: f.BG | None = None
    currency_type: f.BH | None = None
    fee_amount: f.BV | None = None
    media_type: f.CK | None = None
    permanent_location: f.AQ | None = None
    current_location: f.AP | None = None
    item_properties: f.CH | None = None
    call_number: f.CS | None = None
    destination_location: f.CT | None = None
    lending_branch: f.QB | None = None
    ended_due_date: f.QE | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()
    extra_fields: f.Extra = ()


@f.message("19")
class ItemStatusUpdate:
    """What the terminal has written on the item, or found there."""

    transaction_date: f.Date
    institution_id: f.AO
    item_identifier: f.AB
    item_properties: f.CH
    terminal_password: f.AC | None = field(default=None, repr=False)
    journal_id: f.QJ | None = None


@f.message("20")
class ItemStatusUpdateResponse:
    item_properties_ok: f.Bit
    transaction_date: f.Date
    item_identifier: f.AB
    title_identifier: f.AJ | None = None
    item_properties: f.CH | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()


@f.message("11")
class Checkout:
    sc_renewal_policy: f.Flag
    no_block: f.Flag
    transaction_date: f.Date
    nb_due_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    item_identifier: f.AB
    terminal_password: f.AC = field(repr=False)
    item_properties: f.CH | None = None
    patron_password: f.AD | None = field(default=None, repr=False)
    fee_acknowledged: f.BO | None = None
    cancel: f.BI | None = None
    journal_id: f.QJ | None = None


@f.message("12", version_1="AO AA AB AJ AH AF AG")
class CheckoutResponse:
    ok: f.Bit
    renewal_ok: f.Flag
    magnetic_media: f.Text1
    desensitize: f.Text1
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    item_identifier: f.AB
    title_identifier: f.AJ
    due_date: f.AH
    fee_type: f.BT | None = None
    security_inhibit: f.CI | None = None
    currency_type: f.BH | None = None
    fee_amount: f.BV | None = None
    media_type: f.CK | None = None
    item_properties: f.CH | None = None
    transaction_id: f.BK | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()


@f.message("09")
class Checkin:
    no_block: f.Flag
    transaction_date: f.Date
    return_date: f.Date
    current_location: f.AP
    institution_id: f.AO
    item_identifier: f.AB
    terminal_password: f.AC = field(repr=False)
    item_properties: f.CH | None = None
    cancel: f.BI | None = None
    journal_id: f.QJ | None = None


@f.message("10", version_1="AO AB AQ AJ AF AG")
class CheckinResponse:
    ok: f.Bit
    resensitize: f.Flag
    magnetic_media: f.Text1
    alert: f.Flag
    transaction_date: f.Date
    institution_id: f.AO
    item_identifier: f.AB
    permanent_location: f.AQ
    title_identifier: f.AJ | None = None
    sort_bin: f.CL | None = None
    patron_identifier: f.AA | None = None
    media_type: f.CK | None = None
    item_properties: f.CH | None = None
    collection_code: f.CR | None = None
    call_number: f.CS | None = None
    destination_location: f.CT | None = None
    alert_type: f.CV | None = None
    hold_patron_identifier: f.CY | None = None
    hold_patron_name: f.DA | None = None
    hold_pickup_date: f.CM | None = None
    ignored: f.QI | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()
    extra_fields: f.Extra = ()


@f.message("29")
class Renew:
    third_party_allowed: f.Flag
    no_block: f.Flag
    transaction_date: f.Date
    nb_due_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    patron_password: f.AD | None = field(default=None, repr=False)
    item_identifier: f.AB | None = None
    title_identifier: f.AJ | None = None
    terminal_password: f.AC | None = field(default=None, repr=False)
    item_properties: f.CH | None = None
    fee_acknowledged: f.BO | None = None
    journal_id: f.QJ | None = None


@f.message("30")
class RenewResponse(CheckoutResponse):
    """The same fields as 12."""
