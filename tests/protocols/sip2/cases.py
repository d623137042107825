"""One list of messages and their bytes, for every test of reading and writing."""

from __future__ import annotations

from protocols.sip2.messages import (
    ACSStatus,
    BlockPatron,
    Checkin,
    CheckinResponse,
    Checkout,
    CheckoutResponse,
    EndPatronSession,
    EndSessionResponse,
    FeePaid,
    FeePaidResponse,
    Hold,
    HoldResponse,
    ItemInformation,
    ItemInformationResponse,
    ItemStatusUpdate,
    ItemStatusUpdateResponse,
    Login,
    LoginResponse,
    Message,
    PatronEnable,
    PatronEnableResponse,
    PatronInformation,
    PatronInformationResponse,
    PatronStatusRequest,
    PatronStatusResponse,
    Renew,
    RenewAll,
    RenewAllResponse,
    RenewResponse,
    RequestACSResend,
    RequestSCResend,
    SCStatus,
)

DATE = "20261125    120000"
DUE = "20261223    235959"

REQUESTS: list[tuple[Message, bytes]] = [
    (SCStatus("0", 80, "2.00"), b"9900802.00"),
    (SCStatus("1", None, "2.00"), b"991   2.00"),
    (Login("0", "0", "kiosk", "secret", None), b"9300CNkiosk|COsecret|"),
    (Login("0", "0", "kiosk", "", "hall"), b"9300CNkiosk|CO|CPhall|"),
    (
        PatronStatusRequest("001", DATE, "DK-900100", "P1", "", "1234"),
        b"2300120261125    120000AODK-900100|AAP1|AC|AD1234|",
    ),
    (
        PatronStatusRequest("009", DATE, "DK-900100", "P1", "", None),
        b"2300920261125    120000AODK-900100|AAP1|AC|",
    ),
    (
        PatronInformation("000", DATE, "  Y       ", "X", "P1", None, "1234", "1", "5"),
        b"6300020261125    120000  Y       AOX|AAP1|AD1234|BP1|BQ5|",
    ),
    (ItemInformation(DATE, "X", "I1", None), b"1720261125    120000AOX|ABI1|"),
    (
        Checkout(True, False, DATE, " " * 18, "X", "P1", "I1", "", None, "1234", False, False),
        b"11YN20261125    120000                  AOX|AAP1|ABI1|AC|AD1234|BON|BIN|",
    ),
    (
        Checkout(False, True, DATE, DUE, "X", "P1", "I1", ""),
        b"11NY20261125    12000020261223    235959AOX|AAP1|ABI1|AC|",
    ),
    (
        Checkin(False, DATE, DATE, "hall", "X", "I1", "", "3 kg", True),
        b"09N20261125    12000020261125    120000APhall|AOX|ABI1|AC|CH3 kg|BIY|",
    ),
    (
        Renew(True, False, DATE, DUE, "X", "P1", None, "I1", None, None, None, True),
        b"29YN20261125    12000020261223    235959AOX|AAP1|ABI1|BOY|",
    ),
    (RenewAll(DATE, "X", "P1", "1234", "", None), b"6520261125    120000AOX|AAP1|AD1234|AC|"),
    (
        Hold("+", DATE, "X", "P1", DUE, "DK-1", "3", "1234", "I1", "Pan", "", False),
        b"15+20261125    120000AOX|AAP1|BW20261223    235959|BSDK-1|BY3|AD1234|ABI1|AJPan|AC|BON|",
    ),
    (Hold("-", DATE, "X", "P1"), b"15-20261125    120000AOX|AAP1|"),
    (
        BlockPatron(True, DATE, "X", "left behind", "P1", ""),
        b"01Y20261125    120000AOX|ALleft behind|AAP1|AC|",
    ),
    (PatronEnable(DATE, "X", "P1", "", "1234"), b"2520261125    120000AOX|AAP1|AC|AD1234|"),
    (
        ItemStatusUpdate(DATE, "X", "I1", "2 discs", None),
        b"1920261125    120000AOX|ABI1|CH2 discs|",
    ),
    (
        FeePaid(DATE, "04", "00", "DKK", "20.00", "X", "P1", "", None, "17", "T1"),
        b"3720261125    1200000400DKKBV20.00|AOX|AAP1|AC|CG17|BKT1|",
    ),
    (EndPatronSession(DATE, "X", "P1", "", None), b"3520261125    120000AOX|AAP1|AC|"),
    (RequestACSResend(), b"97"),
]

RESPONSES: list[tuple[Message, bytes]] = [
    (LoginResponse(True), b"941"),
    (LoginResponse(False), b"940"),
    (
        ACSStatus(
            *(True, True, True, True, True, True, 300, 3, DATE, "2.00", "DK-900100"),
            "YYYYYYYYYYYYNYYY",
            "Hovedbiblioteket",
        ),
        b"98YYYYYY30000320261125    1200002.00AODK-900100|BXYYYYYYYYYYYYNYYY|AMHovedbiblioteket|",
    ),
    (
        PatronStatusResponse("Y   Y         ", "001", DATE, "X", "P1", "Ida", True, False),
        b"24Y   Y         00120261125    120000AOX|AAP1|AEIda|BLY|CQN|",
    ),
    (
        PatronInformationResponse(
            *(" " * 14, "009", DATE, 0, 1, 2, 0, 0, None, "X", "P1", "Bjørn"),
            charged_items_limit=40,
            valid_patron=True,
            charged_items=("I1", "I2"),
            screen_message=("one", "two"),
        ),
        b"64              00920261125    120000" + b"0000"
        b"0001"
        b"0002"
        b"0000"
        b"0000"
        b"    " + "AOX|AAP1|AEBjørn|CB0040|BLY|AUI1|AUI2|AFone|AFtwo|".encode(),
    ),
    (
        ItemInformationResponse("04", "00", "01", DATE, "I1", "Peters jul", due_date=DUE),
        b"1804000120261125    120000ABI1|AJPeters jul|AH20261223    235959|",
    ),
    (
        CheckoutResponse(True, False, "N", "Y", DATE, "X", "P1", "I1", "Peters jul", DUE),
        b"121NNY20261125    120000AOX|AAP1|ABI1|AJPeters jul|AH20261223    235959|",
    ),
    (
        CheckoutResponse(
            *(False, False, "N", "N", DATE, "X", "P1", "I1", "", ""), security_inhibit=False
        ),
        b"120NNN20261125    120000AOX|AAP1|ABI1|AJ|AH|CIN|",
    ),
    (
        RenewResponse(True, True, "N", "Y", DATE, "X", "P1", "I1", "Peters jul", DUE),
        b"301YNY20261125    120000AOX|AAP1|ABI1|AJPeters jul|AH20261223    235959|",
    ),
    (
        CheckinResponse(
            *(True, True, "N", True, DATE, "X", "I1", "DK-900102"),
            destination_location="DK-900102",
            alert_type="04",
        ),
        b"101YNY20261125    120000AOX|ABI1|AQDK-900102|CTDK-900102|CV04|",
    ),
    (
        RenewAllResponse(True, 1, 1, DATE, "X", ("I1",), ("I2",)),
        b"6610001000120261125    120000AOX|BMI1|BNI2|",
    ),
    (
        HoldResponse(True, False, DATE, "X", "P1", DUE, "2", "DK-900102", "I1", "Sult", ("Ok.",)),
        b"161N20261125    120000AOX|AAP1|BW20261223    235959|BR2|BSDK-900102|ABI1|AJSult|AFOk.|",
    ),
    (
        PatronEnableResponse(" " * 14, "009", DATE, "X", "P1", "Ida", True, False),
        b"26              00920261125    120000AOX|AAP1|AEIda|BLY|CQN|",
    ),
    (
        ItemStatusUpdateResponse(True, DATE, "I1", "Peters jul", "2 discs"),
        b"20120261125    120000ABI1|AJPeters jul|CH2 discs|",
    ),
    (FeePaidResponse(True, DATE, "X", "P1", "T1"), b"38Y20261125    120000AOX|AAP1|BKT1|"),
    (
        PatronInformationResponse(
            *(" " * 14, "009", DATE, 0, 0, 0, 2, 0, 0, "X", "P1", "Ida"),
            fees=((("CG", "1"), ("FA", "2.50")), (("CG", "2"), ("FA", "9.00"), ("FD", "Pan"))),
        ),
        b"64              00920261125    120000000000000000000200000000" + b"AOX|AAP1|AEIda|"
        b"CG1|FA2.50|CG2|FA9.00|FDPan|",
    ),
    (EndSessionResponse(True, DATE, "X", "P1"), b"36Y20261125    120000AOX|AAP1|"),
    (RequestSCResend(), b"96"),
]

CASES = REQUESTS + RESPONSES
