"""The messages about patrons: 23 to 26, 01, 63 to 66, 35 to 38, 15 and 16 (see `messages`)."""

from dataclasses import field

from protocols.sip2 import fields as f


@f.message("23")
class PatronStatusRequest:
    language: f.Text3
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    terminal_password: f.AC = field(repr=False)
    patron_password: f.AD | None = field(repr=False)
    learn_pin: f.QL | None = None


@f.message("24", version_1="AO AA AE AF AG")
class PatronStatusResponse:
    patron_status: f.Text14
    language: f.Text3
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    personal_name: f.AE
    valid_patron: f.BL | None = None
    valid_patron_password: f.CQ | None = None
    currency_type: f.BH | None = None
    fee_amount: f.BV | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()
    extra_fields: f.Extra = ()


@f.message("01")
class BlockPatron:
    """The terminal blocks a card, and may have kept it. Answered with 24."""

    card_retained: f.Flag
    transaction_date: f.Date
    institution_id: f.AO
    blocked_card_message: f.AL
    patron_identifier: f.AA
    terminal_password: f.AC = field(repr=False)
    journal_id: f.QJ | None = None


@f.message("25")
class PatronEnable:
    """Lifts the block of a 01."""

    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    terminal_password: f.AC | None = field(default=None, repr=False)
    patron_password: f.AD | None = field(default=None, repr=False)
    journal_id: f.QJ | None = None


@f.message("26")
class PatronEnableResponse:
    patron_status: f.Text14
    language: f.Text3
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    personal_name: f.AE
    valid_patron: f.BL | None = None
    valid_patron_password: f.CQ | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()


@f.message("63")
class PatronInformation:
    language: f.Text3
    transaction_date: f.Date
    summary: f.Text10
    institution_id: f.AO
    patron_identifier: f.AA
    terminal_password: f.AC | None = field(default=None, repr=False)
    patron_password: f.AD | None = field(default=None, repr=False)
    start_item: f.BP | None = None
    end_item: f.BQ | None = None
    learn_pin: f.QL | None = None
    cards_after: f.QN | None = None


@f.message("64")
class PatronInformationResponse:
    patron_status: f.Text14
    language: f.Text3
    transaction_date: f.Date
    hold_items_count: f.Count4
    overdue_items_count: f.Count4
    charged_items_count: f.Count4
    fine_items_count: f.Count4
    recall_items_count: f.Count4
    unavailable_holds_count: f.Count4
    institution_id: f.AO
    patron_identifier: f.AA
    personal_name: f.AE
    hold_items_limit: f.BZ | None = None
    overdue_items_limit: f.CA | None = None
    charged_items_limit: f.CB | None = None
    valid_patron: f.BL | None = None
    valid_patron_password: f.CQ | None = None
    currency_type: f.BH | None = None
    fee_amount: f.BV | None = None
    fee_limit: f.CC | None = None
    hold_items: f.AS = ()
    overdue_items: f.AT = ()
    charged_items: f.AU = ()
    fine_items: f.AV = ()
    recall_items: f.BU = ()
    unavailable_hold_items: f.CD = ()
    fees: f.FA = ()
    home_address: f.BD | None = None
    email_address: f.BE | None = None
    home_phone_number: f.BF | None = None
    birth_date: f.PB | None = None
    patron_class: f.PC | None = None
    cards: f.QP = ()
    screen_message: f.AF = ()
    print_line: f.AG = ()
    extra_fields: f.Extra = ()


@f.message("35")
class EndPatronSession:
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    terminal_password: f.AC | None = field(default=None, repr=False)
    patron_password: f.AD | None = field(default=None, repr=False)


@f.message("36")
class EndSessionResponse:
    end_session: f.Flag
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    screen_message: f.AF = ()
    print_line: f.AG = ()


@f.message("37")
class FeePaid:
    """Money was paid at the terminal."""

    transaction_date: f.Date
    fee_type: f.Text2
    payment_type: f.Text2
    currency_type: f.Text3
    fee_amount: f.BV
    institution_id: f.AO
    patron_identifier: f.AA
    terminal_password: f.AC | None = field(default=None, repr=False)
    patron_password: f.AD | None = field(default=None, repr=False)
    fee_identifier: f.CG | None = None
    transaction_id: f.BK | None = None
    journal_id: f.QJ | None = None


@f.message("38")
class FeePaidResponse:
    payment_accepted: f.Flag
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    transaction_id: f.BK | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()


@f.message("65")
class RenewAll:
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    patron_password: f.AD | None = field(default=None, repr=False)
    terminal_password: f.AC | None = field(default=None, repr=False)
    fee_acknowledged: f.BO | None = None
    journal_id: f.QJ | None = None


@f.message("66")
class RenewAllResponse:
    ok: f.Bit
    renewed_count: f.Count4
    unrenewed_count: f.Count4
    transaction_date: f.Date
    institution_id: f.AO
    renewed_items: f.BM = ()
    unrenewed_items: f.BN = ()
    screen_message: f.AF = ()
    print_line: f.AG = ()


@f.message("15")
class Hold:
    hold_mode: f.Text1
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    expiration_date: f.BW | None = None
    pickup_location: f.BS | None = None
    hold_type: f.BY | None = None
    patron_password: f.AD | None = field(default=None, repr=False)
    item_identifier: f.AB | None = None
    title_identifier: f.AJ | None = None
    terminal_password: f.AC | None = field(default=None, repr=False)
    fee_acknowledged: f.BO | None = None
    journal_id: f.QJ | None = None


@f.message("16")
class HoldResponse:
    ok: f.Bit
    available: f.Flag
    transaction_date: f.Date
    institution_id: f.AO
    patron_identifier: f.AA
    expiration_date: f.BW | None = None
    queue_position: f.BR | None = None
    pickup_location: f.BS | None = None
    item_identifier: f.AB | None = None
    title_identifier: f.AJ | None = None
    screen_message: f.AF = ()
    print_line: f.AG = ()
