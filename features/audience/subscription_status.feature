Feature: Subscription status
  A number says whether a phone or an address can be reached, and if not, why.
  From 1 on it can. Everybody may take back only what is theirs to decide: the person with the switch
  in the app, the shop with its own switch, the phone with its permission.

  Background:
    Given a shop that pushes to iPhones and Android phones

  Scenario Outline: What the phone says about its permission decides
    When the app starts for the first time on Minsu's iPhone, where notifications are <permission>
    Then Minsu's iPhone has the status <status>

    Examples:
      | permission             | status |
      | allowed                | 1      |
      | not asked about yet    | -18    |
      | asked about, no answer | -19    |
      | forbidden              | -22    |

  Scenario: A phone that allows notifications later is subscribed from then on
    Given the app starts for the first time on Minsu's iPhone, where notifications are not asked about yet
    When notifications get allowed on Minsu's iPhone
    Then Minsu's iPhone has the status 1

  Scenario: A phone without a token yet has never been subscribed
    When the app starts for the first time on Minsu's iPhone, which has no token yet
    Then Minsu's iPhone has the status 0

  Scenario Outline: A phone may report what stands in the way
    Given the app runs on Minsu's <phone>
    When Minsu's <phone> reports the fault <fault>
    Then Minsu's <phone> has the status <fault>
    And it cannot be reached, because of a push error

    Examples: Android
      | phone         | fault |
      | Android phone | -3    |
      | Android phone | -4    |
      | Android phone | -7    |

    Examples: iPhone
      | phone  | fault |
      | iPhone | -13   |
      | iPhone | -14   |
      | iPhone | -15   |

  Scenario Outline: A phone may not report what others decide
    Given the app runs on Minsu's iPhone
    When Minsu's iPhone reports the fault <fault>
    Then this is refused, because it cannot work like that
    And Minsu's iPhone has the status 1

    Examples:
      | fault | whose it is                       |
      | -2    | the person's own switch           |
      | -31   | the shop's                        |
      | -42   | the mail server's                 |
      | -61   | Kakao's                           |
      | -63   | a fault of one message, of nobody |
      | -5000 | nobody's                          |

  Scenario: A person unsubscribes
    Given the app runs on Minsu's iPhone
    When Minsu switches his notifications off
    Then Minsu's iPhone has the status -2
    And it cannot be reached, because somebody unsubscribed it

  Scenario: A person who unsubscribed stays so when the token changes
    Given the app runs on Minsu's iPhone
    And Minsu has switched his notifications off
    When Minsu's iPhone gets a new token
    Then Minsu's iPhone has the status -2

  Scenario: A person who unsubscribed stays so when the app starts again
    Given the app runs on Minsu's iPhone
    And Minsu has switched his notifications off
    When the app starts again on Minsu's iPhone
    Then Minsu's iPhone has the status -2

  Scenario: A person subscribes again
    Given the app runs on Minsu's iPhone
    And Minsu has switched his notifications off
    When Minsu switches his notifications on
    Then Minsu's iPhone has the status 1

  Scenario: The shop disables a subscription
    Given the app runs on Minsu's iPhone
    When the shop disables Minsu's iPhone
    Then Minsu's iPhone has the status -31
    And it cannot be reached, because somebody unsubscribed it

  Scenario: Nobody but the shop lifts what the shop disabled
    Given the app runs on Minsu's iPhone
    And Minsu has switched his notifications off
    And the shop has disabled Minsu's iPhone
    When Minsu switches his notifications on
    And the app starts again on Minsu's iPhone
    Then Minsu's iPhone has the status -31

  Scenario: The shop enables a subscription again
    Given the app runs on Minsu's iPhone
    And the shop has disabled Minsu's iPhone
    When the shop enables Minsu's iPhone
    Then Minsu's iPhone has the status 1

  Scenario: The shop cannot subscribe somebody who unsubscribed
    Given the app runs on Minsu's iPhone
    And Minsu has switched his notifications off
    And the shop has disabled Minsu's iPhone
    When the shop enables Minsu's iPhone
    Then Minsu's iPhone has the status -2

  Scenario Outline: An address that cannot exist is known from the start
    Given the app runs on Minsu's iPhone
    When Minsu enters the <channel> address "<address>"
    Then the <channel> address has the status <status>

    Examples:
      | channel | address           | status |
      | e-mail  | minsu@example.com | 1      |
      | e-mail  | minsu(at)example  | -40    |
      | SMS     | 010-1234-5678     | 1      |
      | SMS     | 010-12            | -50    |

  Scenario: An address that must be confirmed waits
    Given the app runs on Minsu's iPhone
    When Minsu enters the e-mail address "minsu@example.com", which he must confirm
    Then the e-mail address has the status -98

  Scenario Outline: Nothing is sent to who cannot be reached
    Given the app runs on Minsu's iPhone
    And <what happened>
    When the shop sends "Summer sale" to Minsu's iPhone
    Then "Summer sale" fails because of "unsubscribed"
    And nobody was asked to deliver "Summer sale"

    Examples:
      | what happened                                 |
      | Minsu has switched his notifications off      |
      | the shop has disabled Minsu's iPhone          |
      | notifications got forbidden on Minsu's iPhone |

  Scenario: Every change of mind is written down
    Given the app runs on Minsu's iPhone
    When Minsu switches his notifications off
    And Minsu switches his notifications on
    Then the history of Minsu's iPhone reads
      | what         | because       |
      | created      | registered    |
      | subscribed   | registered    |
      | unsubscribed | user_disabled |
      | subscribed   | user_enabled  |
